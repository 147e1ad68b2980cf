"""Add pins, the setting that lets members pin, saved messages, forwards, and statuses of agents."""

import sqlalchemy as sa
from alembic import op


revision = "0012"
down_revision = "0011"
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
    "AGENT_ADDED",
    "AGENT_CHANGED",
    "AGENT_DEACTIVATED",
    "AGENT_REACTIVATED",
    "MEMBERS_COUNTED",
    "SETTINGS_CHANGED",
]


def upgrade() -> None:
    op.add_column("accounts", sa.Column("members_pin", sa.Boolean(), server_default=sa.true(), nullable=False))
    op.create_table(
        "pins",
        sa.Column("account_id", sa.Text(), nullable=False),
        sa.Column("message_id", sa.UUID(), nullable=False),
        sa.Column("channel_id", sa.UUID(), nullable=False),
        sa.Column("pinned_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id", "message_id"],
            ["messages.account_id", "messages.message_id"],
            name=op.f("fk_pins_messages_account_id_message_id"),
        ),
        sa.PrimaryKeyConstraint("account_id", "message_id", name=op.f("pk_pins")),
    )
    op.create_index(
        op.f("ix_pins_account_id_channel_id_pinned_at_message_id"),
        "pins",
        ["account_id", "channel_id", "pinned_at", "message_id"],
    )
    _allow([*KINDS, "MESSAGE_PINNED"])
    op.create_table(
        "saved_messages",
        sa.Column("account_id", sa.Text(), nullable=False),
        sa.Column("message_id", sa.UUID(), nullable=False),
        sa.Column("agent_id", sa.Text(), nullable=False),
        sa.Column("saved_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id", "message_id"],
            ["messages.account_id", "messages.message_id"],
            name=op.f("fk_saved_messages_messages_account_id_message_id"),
        ),
        sa.ForeignKeyConstraint(
            ["account_id", "agent_id"],
            ["agents.account_id", "agents.agent_id"],
            name=op.f("fk_saved_messages_agents_account_id_agent_id"),
        ),
        sa.PrimaryKeyConstraint("account_id", "message_id", "agent_id", name=op.f("pk_saved_messages")),
    )
    op.create_index(
        op.f("ix_saved_messages_account_id_agent_id_saved_at_message_id"),
        "saved_messages",
        ["account_id", "agent_id", "saved_at", "message_id"],
    )
    op.create_table(
        "forwards",
        sa.Column("account_id", sa.Text(), nullable=False),
        sa.Column("message_id", sa.UUID(), nullable=False),
        sa.Column("original_id", sa.UUID(), nullable=False),
        sa.Column("author_id", sa.Text(), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id", "message_id"],
            ["messages.account_id", "messages.message_id"],
            name=op.f("fk_forwards_messages_account_id_message_id"),
        ),
        sa.ForeignKeyConstraint(
            ["account_id", "original_id"],
            ["messages.account_id", "messages.message_id"],
            name=op.f("fk_forwards_messages_account_id_original_id"),
        ),
        sa.ForeignKeyConstraint(
            ["account_id", "author_id"],
            ["agents.account_id", "agents.agent_id"],
            name=op.f("fk_forwards_agents_account_id_author_id"),
        ),
        sa.PrimaryKeyConstraint("account_id", "message_id", name=op.f("pk_forwards")),
    )
    op.add_column("presences", sa.Column("status_emoji", sa.Text(), nullable=True))
    op.add_column("presences", sa.Column("status_text", sa.Text(), nullable=True))
    op.add_column("presences", sa.Column("status_until", sa.DateTime(timezone=True), nullable=True))
    op.create_index(
        op.f("ix_presences_account_id_status_until"),
        "presences",
        ["account_id", "status_until"],
        postgresql_where=sa.text("status_until IS NOT NULL"),
    )


def downgrade() -> None:
    """Announces pinned messages as edited messages."""
    op.drop_index(op.f("ix_presences_account_id_status_until"), "presences")
    for column in ("status_until", "status_text", "status_emoji"):
        op.drop_column("presences", column)
    op.drop_table("forwards")
    op.drop_table("saved_messages")
    op.execute(sa.text("UPDATE changes SET kind = 'MESSAGE_EDITED' WHERE kind = 'MESSAGE_PINNED'"))
    _allow(KINDS)
    op.drop_table("pins")
    op.drop_column("accounts", "members_pin")


def _allow(kinds: list[str]) -> None:
    allowed = ", ".join(f"'{kind}'" for kind in kinds)
    op.drop_constraint(op.f("ck_changes_kind"), "changes")
    op.create_check_constraint(op.f("ck_changes_kind"), "changes", f"kind IN ({allowed})")
