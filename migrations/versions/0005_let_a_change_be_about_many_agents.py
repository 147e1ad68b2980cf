"""Let a change be about many agents, whose ids are rows of a table of their own."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy import text


revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "changed_agents",
        sa.Column("account_id", sa.Text(), nullable=False),
        sa.Column("change", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("agent_id", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("account_id", "change", "agent_id", name=op.f("pk_changed_agents")),
    )
    op.execute(
        text(
            "INSERT INTO changed_agents (account_id, change, agent_id) "
            "SELECT account_id, change, agent_id FROM changes WHERE message_id IS NULL AND agent_id IS NOT NULL"
        )
    )
    op.create_index(
        op.f("ix_changed_agents_account_id_agent_id_change"), "changed_agents", ["account_id", "agent_id", "change"]
    )
    op.drop_index(
        op.f("ix_changes_account_id_agent_id_change"), table_name="changes", postgresql_where="message_id IS NULL"
    )
    op.drop_column("changes", "agent_id")


def downgrade() -> None:
    """Keeps one agent of each change."""
    op.add_column("changes", sa.Column("agent_id", sa.Text(), nullable=True))
    op.execute(
        text(
            "UPDATE changes SET agent_id = "
            "(SELECT min(changed_agents.agent_id) FROM changed_agents "
            "WHERE changed_agents.account_id = changes.account_id AND changed_agents.change = changes.change)"
        )
    )
    op.create_index(
        op.f("ix_changes_account_id_agent_id_change"),
        "changes",
        ["account_id", "agent_id", "change"],
        postgresql_where="message_id IS NULL",
    )
    op.drop_table("changed_agents")
