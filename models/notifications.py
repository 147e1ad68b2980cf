"""Notifications, e-mails about them, and the agents' preferences."""

from datetime import datetime, time
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKeyConstraint, Index, Text, Time
from sqlmodel import Field, SQLModel

from models.columns import IDENTIFIER, TEXT_ARRAY, TIMESTAMPTZ, enum_check, enum_text, key_column
from models.enums import DeliveryState, EmailState, NotificationReason, NotificationType

IS_WAITING = "email_state IN ('WAITING', 'POSTPONED') AND email_id IS NULL"
"""The condition for notifications that no e-mail contains yet. Two partial indexes use it."""


class Notification(SQLModel, table=True):
    """The decision about notifying an agent of a message. Decisions not to notify are stored too, with the reason.
    `type` is None if the decision ended before a type was known.

    If `bell`, the row is an entry of the agent's bell. If `email_state` is WAITING or POSTPONED, it waits for an
    e-mail. `revision` is the revision of the message for which the agent was last notified.
    """

    __tablename__ = "notifications"
    __table_args__ = (
        ForeignKeyConstraint(["account_id", "message_id"], ["messages.account_id", "messages.message_id"]),
        enum_check("type", NotificationType),
        enum_check("reason", NotificationReason),
        enum_check("email_state", EmailState),
        CheckConstraint("type IS NOT NULL OR NOT (alert OR bell OR email)", name="nothing_without_type"),
        # Losing access to a channel.
        Index(None, "account_id", "channel_id", "agent_id"),
        # The bell, newest first.
        Index(None, "account_id", "agent_id", "created_at", "message_id", postgresql_where="bell"),
        # The unread notifications of the bell, and their number.
        Index(
            "ix_notifications_unread",
            "account_id",
            "agent_id",
            "created_at",
            "message_id",
            postgresql_where="bell AND read_at IS NULL",
        ),
        # Reading a channel.
        Index(
            None,
            "account_id",
            "agent_id",
            "channel_id",
            "seq",
            postgresql_where="read_at IS NULL AND type IS NOT NULL",
        ),
        # The outbox: the accounts and agents for whom an e-mail is due, and all that waits for an agent.
        Index(None, "account_id", "email_at", postgresql_where=IS_WAITING),
        Index(None, "account_id", "agent_id", "email_at", postgresql_where=IS_WAITING),
        Index(None, "account_id", "email_id", postgresql_where="email_id IS NOT NULL"),
    )

    # The key begins with the message: the rows of an announcement are next to each other, and so are those to delete
    # with a message and those of a change.
    account_id: str = key_column()
    message_id: UUID = key_column(IDENTIFIER)
    agent_id: str = key_column()
    channel_id: UUID = Field(sa_type=IDENTIFIER)
    seq: int = Field(sa_type=BigInteger)
    revision: int
    is_mentioned: bool
    """Whether the message mentions the agent. If an edit removes the mention, the decision is made again."""

    type: NotificationType | None = Field(default=None, sa_type=enum_text(NotificationType))
    reason: NotificationReason = Field(sa_type=enum_text(NotificationReason))
    alert: bool
    bell: bool
    email: bool
    created_at: datetime = Field(sa_type=TIMESTAMPTZ)
    read_at: datetime | None = Field(default=None, sa_type=TIMESTAMPTZ)
    email_state: EmailState = Field(default=EmailState.NONE, sa_type=enum_text(EmailState))
    email_at: datetime | None = Field(default=None, sa_type=TIMESTAMPTZ)
    """When the e-mail is due, or was sent or given up."""

    email_id: UUID | None = Field(default=None, sa_type=IDENTIFIER)
    """The e-mail that contains the message. It is stored before it is sent."""


class NotificationPreference(SQLModel, table=True):
    """An agent's switches for a type of notification. Without a row, both are on."""

    __tablename__ = "notification_preferences"
    __table_args__ = (
        ForeignKeyConstraint(["account_id", "agent_id"], ["agents.account_id", "agents.agent_id"]),
        enum_check("type", NotificationType),
    )

    account_id: str = key_column()
    agent_id: str = key_column()
    type: NotificationType = Field(primary_key=True, sa_type=enum_text(NotificationType))
    bell: bool = True
    email: bool = True


class QuietHours(SQLModel, table=True):
    """An agent's weekly quiet hours: on these days from one local time to another. If `until_time` is not after
    `from_time`, they end on the following day."""

    __tablename__ = "quiet_hours"
    __table_args__ = (ForeignKeyConstraint(["account_id", "agent_id"], ["agents.account_id", "agents.agent_id"]),)

    account_id: str = key_column()
    agent_id: str = key_column()
    time_zone: str = Field(sa_type=Text)
    days: list[str] = Field(sa_type=TEXT_ARRAY)
    from_time: time = Field(sa_type=Time)
    until_time: time = Field(sa_type=Time)


class Email(SQLModel, table=True):
    """An e-mail about one channel to one agent. The row is stored before the e-mail is sent, so a new attempt has the
    same Message-ID, which is derived from `email_id`, and the same notifications, but those that may no longer be sent.
    """

    __tablename__ = "emails"
    __table_args__ = (
        ForeignKeyConstraint(["account_id", "channel_id"], ["channels.account_id", "channels.channel_id"]),
        ForeignKeyConstraint(["account_id", "agent_id"], ["agents.account_id", "agents.agent_id"]),
        enum_check("state", DeliveryState),
        # The time of an agent's last e-mail.
        Index(None, "account_id", "agent_id", "created_at"),
        # What must be sent, for the first time or again.
        Index(None, "account_id", "next_attempt_at", postgresql_where="state = 'WAITING'"),
        # How many could not be sent recently.
        Index("ix_emails_failed", "account_id", "created_at", postgresql_where="state = 'FAILED'"),
    )

    account_id: str = key_column()
    email_id: UUID = key_column(IDENTIFIER)
    agent_id: str = Field(sa_type=Text)
    channel_id: UUID = Field(sa_type=IDENTIFIER)
    created_at: datetime = Field(sa_type=TIMESTAMPTZ)
    state: DeliveryState = Field(default=DeliveryState.WAITING, sa_type=enum_text(DeliveryState))
    attempts: int = 0
    next_attempt_at: datetime = Field(sa_type=TIMESTAMPTZ)
    """While a worker sends the e-mail, this is the end of its lease."""

    sent_at: datetime | None = Field(default=None, sa_type=TIMESTAMPTZ)
    last_error: str | None = Field(default=None, sa_type=Text)
