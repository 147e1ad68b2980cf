"""Messages, mentions and reactions."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKeyConstraint,
    Index,
    LargeBinary,
    Text,
    UniqueConstraint,
)
from sqlmodel import Field, SQLModel

from models.columns import IDENTIFIER, TEXT_ARRAY, TIMESTAMPTZ, enum_check, enum_text, key_column
from models.enums import MentionTarget, SystemEvent


class Message(SQLModel, table=True):
    """A post (a message of an agent) or, with `system_event`, a system message. A deleted message becomes a tombstone
    without text, so `seq` has no gaps. Rows are removed only because of their age, from the beginning of a channel
    (`chat.operations.expire_messages`). The message `reply_to_id`, to which there is no foreign key, can be gone.

    `post_number` is the number of posts in the channel up to and including this message.
    """

    __tablename__ = "messages"
    __table_args__ = (
        ForeignKeyConstraint(["account_id", "channel_id"], ["channels.account_id", "channels.channel_id"]),
        ForeignKeyConstraint(["account_id", "author_id"], ["agents.account_id", "agents.agent_id"]),
        # History: pages of a channel in both directions.
        UniqueConstraint("account_id", "channel_id", "seq"),
        # Two concurrent sends with one client key store one message.
        UniqueConstraint("account_id", "author_id", "client_key"),
        # The first unread message: the post after the read marker.
        Index(
            None,
            "account_id",
            "channel_id",
            "post_number",
            unique=True,
            postgresql_where="system_event IS NULL",
        ),
        enum_check("system_event", SystemEvent),
        CheckConstraint("(client_key IS NULL) = (payload_hash IS NULL)", name="hash_with_key"),
        CheckConstraint("deleted_at IS NULL OR body = ''", name="tombstone_is_empty"),
    )

    account_id: str = key_column()
    message_id: UUID = key_column(IDENTIFIER)
    channel_id: UUID = Field(sa_type=IDENTIFIER)
    seq: int = Field(sa_type=BigInteger)
    post_number: int = Field(sa_type=BigInteger)
    author_id: str = Field(sa_type=Text)
    body: str = Field(default="", sa_type=Text)
    system_event: SystemEvent | None = Field(default=None, sa_type=enum_text(SystemEvent))
    system_agent_ids: list[str] | None = Field(default=None, sa_type=TEXT_ARRAY)
    system_before: str | None = Field(default=None, sa_type=Text)
    system_after: str | None = Field(default=None, sa_type=Text)
    reply_to_id: UUID | None = Field(default=None, sa_type=IDENTIFIER)
    client_key: str | None = Field(default=None, sa_type=Text)
    payload_hash: bytes | None = Field(default=None, sa_type=LargeBinary)
    created_at: datetime = Field(sa_type=TIMESTAMPTZ)
    edited_at: datetime | None = Field(default=None, sa_type=TIMESTAMPTZ)
    deleted_at: datetime | None = Field(default=None, sa_type=TIMESTAMPTZ)
    revision: int = 1


class Mention(SQLModel, table=True):
    """A mention in a message's text; `place` is its position among the mentions. `reachable`: whether a mentioned agent
    could read the message."""

    __tablename__ = "mentions"
    __table_args__ = (
        ForeignKeyConstraint(["account_id", "message_id"], ["messages.account_id", "messages.message_id"]),
        enum_check("target", MentionTarget),
    )

    account_id: str = key_column()
    message_id: UUID = key_column(IDENTIFIER)
    place: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    target: MentionTarget = Field(sa_type=enum_text(MentionTarget))
    agent_id: str | None = Field(default=None, sa_type=Text)
    team_id: str | None = Field(default=None, sa_type=Text)
    team_name: str | None = Field(default=None, sa_type=Text)
    reachable: bool


class MentionedAgent(SQLModel, table=True):
    """An agent whom a message mentions, directly, by a team or by `channel/all`. The key begins with the agent and the
    channel, so a member's unread mentions are one range of the index after the read marker. `revision` is the message's
    first revision that mentioned the agent: an edit notifies only newly mentioned agents."""

    __tablename__ = "mentioned_agents"
    __table_args__ = (
        ForeignKeyConstraint(["account_id", "message_id"], ["messages.account_id", "messages.message_id"]),
        # Editing and deleting replace the rows of one message. Replay looks up one agent of a message.
        Index(None, "account_id", "message_id", "agent_id"),
    )

    account_id: str = key_column()
    agent_id: str = key_column()
    channel_id: UUID = key_column(IDENTIFIER)
    seq: int = Field(primary_key=True, sa_type=BigInteger, sa_column_kwargs={"autoincrement": False})
    message_id: UUID = Field(sa_type=IDENTIFIER)
    revision: int


class Reaction(SQLModel, table=True):
    """An agent's reaction to a message with one emoji. The primary key makes adding it twice the same as once."""

    __tablename__ = "reactions"
    __table_args__ = (
        ForeignKeyConstraint(["account_id", "message_id"], ["messages.account_id", "messages.message_id"]),
        ForeignKeyConstraint(["account_id", "agent_id"], ["agents.account_id", "agents.agent_id"]),
    )

    account_id: str = key_column()
    message_id: UUID = key_column(IDENTIFIER)
    emoji: str = key_column()
    agent_id: str = key_column()
    created_at: datetime = Field(sa_type=TIMESTAMPTZ)
