"""Add the audit log."""

import sqlalchemy as sa
from alembic import op


revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

ACTIONS = [
    "CHANNEL_CREATED",
    "CHANNEL_RENAMED",
    "CHANNEL_DESCRIBED",
    "CHANNEL_AVATAR_CHANGED",
    "CHANNEL_KIND_CHANGED",
    "CHANNEL_ARCHIVED",
    "CHANNEL_UNARCHIVED",
    "MEMBER_ADDED",
    "MEMBER_REMOVED",
    "MEMBER_ROLE_CHANGED",
    "AUTHOR_ADDED",
    "AUTHOR_REMOVED",
    "MESSAGE_DELETED",
    "AGENT_ADDED",
    "AGENT_ROLE_CHANGED",
    "AGENT_DEACTIVATED",
    "AGENT_REACTIVATED",
    "SETTING_CHANGED",
]
INDEXES = [
    ["account_id", "created_at", "entry_id"],
    ["account_id", "actor_id", "created_at", "entry_id"],
    ["account_id", "agent_id", "created_at", "entry_id"],
    ["account_id", "channel_id", "created_at", "entry_id"],
]


def upgrade() -> None:
    allowed = ", ".join(f"'{action}'" for action in ACTIONS)
    op.create_table(
        "audit_entries",
        sa.Column("account_id", sa.Text(), nullable=False),
        sa.Column("entry_id", sa.UUID(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("action", sa.String(length=32), nullable=False),
        sa.Column("actor_id", sa.Text(), nullable=True),
        sa.Column("agent_id", sa.Text(), nullable=True),
        sa.Column("channel_id", sa.UUID(), nullable=True),
        sa.Column("message_id", sa.UUID(), nullable=True),
        sa.Column("setting", sa.Text(), nullable=True),
        sa.Column("before", sa.Text(), nullable=True),
        sa.Column("after", sa.Text(), nullable=True),
        sa.CheckConstraint(f"action IN ({allowed})", name=op.f("ck_audit_entries_action")),
        sa.PrimaryKeyConstraint("account_id", "entry_id", name=op.f("pk_audit_entries")),
    )
    for columns in INDEXES:
        op.create_index(f"ix_audit_entries_{'_'.join(columns)}", "audit_entries", columns)


def downgrade() -> None:
    op.drop_table("audit_entries")
