"""Apply activations after the directory sync: list the agents whose channels are not up to date, and announce new
agents."""

import sqlalchemy as sa
from alembic import op


revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

KINDS = [
    "MESSAGE_ADDED",
    "MESSAGE_EDITED",
    "MESSAGE_DELETED",
    "MESSAGE_REACTED",
    "MEMBER_ADDED",
    "MEMBER_REMOVED",
    "MEMBER_CHANGED",
    "AUTHORS_CHANGED",
    "CHANNEL_CREATED",
    "CHANNEL_UPDATED",
    "MADE_PUBLIC",
    "MADE_PRIVATE",
    "AGENT_CHANGED",
    "AGENT_DEACTIVATED",
    "AGENT_REACTIVATED",
    "SETTINGS_CHANGED",
]


def upgrade() -> None:
    op.create_table(
        "pending_activations",
        sa.Column("account_id", sa.Text(), nullable=False),
        sa.Column("agent_id", sa.Text(), nullable=False),
        sa.Column("requested_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id", "agent_id"],
            ["agents.account_id", "agents.agent_id"],
            name=op.f("fk_pending_activations_agents_account_id_agent_id"),
        ),
        sa.PrimaryKeyConstraint("account_id", "agent_id", name=op.f("pk_pending_activations")),
    )
    _allow([*KINDS, "AGENT_ADDED"])


def downgrade() -> None:
    """Announces new agents as changed agents."""
    op.drop_table("pending_activations")
    op.execute(sa.text("UPDATE changes SET kind = 'AGENT_CHANGED' WHERE kind = 'AGENT_ADDED'"))
    _allow(KINDS)


def _allow(kinds: list[str]) -> None:
    allowed = ", ".join(f"'{kind}'" for kind in kinds)
    op.drop_constraint(op.f("ck_changes_kind"), "changes")
    op.create_check_constraint(op.f("ck_changes_kind"), "changes", f"kind IN ({allowed})")
