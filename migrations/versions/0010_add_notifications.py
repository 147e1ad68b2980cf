"""Add notifications, preferences, quiet hours and e-mails, and look up the agents of a message by its id."""

import sqlalchemy as sa
from alembic import op


revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


# A time zone that is not known, for example after a restore on another system, must not stop messages from being sent.
LOCAL_TIME = """
CREATE FUNCTION local_time(instant timestamptz, time_zone text) RETURNS timestamp LANGUAGE plpgsql STABLE AS $$
BEGIN
    RETURN instant AT TIME ZONE time_zone;
EXCEPTION WHEN invalid_parameter_value THEN
    RETURN NULL;
END
$$
"""


def upgrade() -> None:
    op.execute(sa.text(LOCAL_TIME))
    op.create_table(
        "notification_preferences",
        sa.Column("account_id", sa.Text(), nullable=False),
        sa.Column("agent_id", sa.Text(), nullable=False),
        sa.Column("type", sa.String(length=32), nullable=False),
        sa.Column("bell", sa.Boolean(), nullable=False),
        sa.Column("email", sa.Boolean(), nullable=False),
        sa.CheckConstraint(
            "type IN ('MENTION', 'DIRECT_MESSAGE', 'ANNOUNCEMENT')", name=op.f("ck_notification_preferences_type")
        ),
        sa.ForeignKeyConstraint(
            ["account_id", "agent_id"],
            ["agents.account_id", "agents.agent_id"],
            name=op.f("fk_notification_preferences_agents_account_id_agent_id"),
        ),
        sa.PrimaryKeyConstraint("account_id", "agent_id", "type", name=op.f("pk_notification_preferences")),
    )
    op.create_table(
        "quiet_hours",
        sa.Column("account_id", sa.Text(), nullable=False),
        sa.Column("agent_id", sa.Text(), nullable=False),
        sa.Column("time_zone", sa.Text(), nullable=False),
        sa.Column("days", sa.ARRAY(sa.Text()), nullable=False),
        sa.Column("from_time", sa.Time(), nullable=False),
        sa.Column("until_time", sa.Time(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id", "agent_id"],
            ["agents.account_id", "agents.agent_id"],
            name=op.f("fk_quiet_hours_agents_account_id_agent_id"),
        ),
        sa.PrimaryKeyConstraint("account_id", "agent_id", name=op.f("pk_quiet_hours")),
    )
    op.create_table(
        "emails",
        sa.Column("account_id", sa.Text(), nullable=False),
        sa.Column("email_id", sa.UUID(), nullable=False),
        sa.Column("agent_id", sa.Text(), nullable=False),
        sa.Column("channel_id", sa.UUID(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.String(length=32), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("next_attempt_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_error", sa.Text(), nullable=True),
        sa.CheckConstraint("state IN ('WAITING', 'SENT', 'TAKEN_BACK', 'FAILED')", name=op.f("ck_emails_state")),
        sa.ForeignKeyConstraint(
            ["account_id", "agent_id"],
            ["agents.account_id", "agents.agent_id"],
            name=op.f("fk_emails_agents_account_id_agent_id"),
        ),
        sa.ForeignKeyConstraint(
            ["account_id", "channel_id"],
            ["channels.account_id", "channels.channel_id"],
            name=op.f("fk_emails_channels_account_id_channel_id"),
        ),
        sa.PrimaryKeyConstraint("account_id", "email_id", name=op.f("pk_emails")),
    )
    op.create_index(
        op.f("ix_emails_account_id_agent_id_created_at"),
        "emails",
        ["account_id", "agent_id", "created_at"],
        unique=False,
    )
    op.create_index(
        op.f("ix_emails_account_id_next_attempt_at"),
        "emails",
        ["account_id", "next_attempt_at"],
        unique=False,
        postgresql_where="state = 'WAITING'",
    )
    op.create_table(
        "notifications",
        sa.Column("account_id", sa.Text(), nullable=False),
        sa.Column("message_id", sa.UUID(), nullable=False),
        sa.Column("agent_id", sa.Text(), nullable=False),
        sa.Column("channel_id", sa.UUID(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("is_mentioned", sa.Boolean(), nullable=False),
        sa.Column("type", sa.String(length=32), nullable=True),
        sa.Column("reason", sa.String(length=32), nullable=False),
        sa.Column("alert", sa.Boolean(), nullable=False),
        sa.Column("bell", sa.Boolean(), nullable=False),
        sa.Column("email", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("read_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("email_state", sa.String(length=32), nullable=False),
        sa.Column("email_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("email_id", sa.UUID(), nullable=True),
        sa.CheckConstraint(
            "email_state IN ('NONE', 'WAITING', 'POSTPONED', 'SENT', 'TAKEN_BACK', 'FAILED')",
            name=op.f("ck_notifications_email_state"),
        ),
        sa.CheckConstraint(
            "reason IN ('MENTIONED', 'DIRECT_MESSAGE', 'ANNOUNCEMENT', 'EVERYTHING', 'AUTHOR', 'MUTED', 'QUIET_HOURS', 'LEVEL', 'NO_ACCESS', 'INACTIVE', 'PREFERENCE_OFF')",
            name=op.f("ck_notifications_reason"),
        ),
        sa.CheckConstraint("type IN ('MENTION', 'DIRECT_MESSAGE', 'ANNOUNCEMENT')", name=op.f("ck_notifications_type")),
        sa.CheckConstraint(
            "type IS NOT NULL OR NOT (alert OR bell OR email)", name=op.f("ck_notifications_nothing_without_type")
        ),
        sa.ForeignKeyConstraint(
            ["account_id", "message_id"],
            ["messages.account_id", "messages.message_id"],
            name=op.f("fk_notifications_messages_account_id_message_id"),
        ),
        sa.PrimaryKeyConstraint("account_id", "message_id", "agent_id", name=op.f("pk_notifications")),
    )
    op.create_index(
        op.f("ix_notifications_account_id_agent_id_channel_id_seq"),
        "notifications",
        ["account_id", "agent_id", "channel_id", "seq"],
        unique=False,
        postgresql_where="read_at IS NULL AND type IS NOT NULL",
    )
    op.create_index(
        op.f("ix_notifications_account_id_agent_id_created_at_message_id"),
        "notifications",
        ["account_id", "agent_id", "created_at", "message_id"],
        unique=False,
        postgresql_where="bell",
    )
    op.create_index(
        op.f("ix_notifications_account_id_channel_id_agent_id"),
        "notifications",
        ["account_id", "channel_id", "agent_id"],
        unique=False,
    )
    op.create_index(
        "ix_notifications_unread",
        "notifications",
        ["account_id", "agent_id", "created_at", "message_id"],
        unique=False,
        postgresql_where="bell AND read_at IS NULL",
    )
    op.create_index(
        op.f("ix_notifications_account_id_email_id"),
        "notifications",
        ["account_id", "email_id"],
        unique=False,
        postgresql_where="email_id IS NOT NULL",
    )
    op.create_index(
        op.f("ix_notifications_account_id_email_at"),
        "notifications",
        ["account_id", "email_at"],
        unique=False,
        postgresql_where="email_state IN ('WAITING', 'POSTPONED') AND email_id IS NULL",
    )
    op.create_index(
        op.f("ix_notifications_account_id_agent_id_email_at"),
        "notifications",
        ["account_id", "agent_id", "email_at"],
        unique=False,
        postgresql_where="email_state IN ('WAITING', 'POSTPONED') AND email_id IS NULL",
    )
    op.add_column("agents", sa.Column("locale", sa.Text(), nullable=True))
    op.add_column("agents", sa.Column("do_not_disturb_until", sa.DateTime(timezone=True), nullable=True))
    op.drop_index(op.f("ix_mentioned_agents_account_id_message_id"), table_name="mentioned_agents")
    op.create_index(
        op.f("ix_mentioned_agents_account_id_message_id_agent_id"),
        "mentioned_agents",
        ["account_id", "message_id", "agent_id"],
        unique=False,
    )


def downgrade() -> None:
    op.drop_index(op.f("ix_mentioned_agents_account_id_message_id_agent_id"), table_name="mentioned_agents")
    op.create_index(
        op.f("ix_mentioned_agents_account_id_message_id"),
        "mentioned_agents",
        ["account_id", "message_id"],
        unique=False,
    )
    op.drop_column("agents", "do_not_disturb_until")
    op.drop_column("agents", "locale")
    op.drop_table("notifications")
    op.drop_table("emails")
    op.drop_table("quiet_hours")
    op.drop_table("notification_preferences")
    op.execute(sa.text("DROP FUNCTION local_time(timestamptz, text)"))
