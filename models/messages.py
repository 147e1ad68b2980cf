"""What was said, whom it names, and how people reacted."""

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

from models.columns import IDENTIFIER, TEXT_ARRAY, TIMESTAMPTZ, enum_check, enum_text, key
from models.enums import MentionTarget, SystemEvent


class Message(SQLModel, table=True):
    """A person's post, or (with `system_event`) what the chat tells. Rows are never removed: a deleted one stays as
    a tombstone without its text, so `seq` has no gaps and replies keep their place.

    `post_number` is the channel's count of people's messages up to and including this one.
    """

    __tablename__ = "messages"
    __table_args__ = (
        ForeignKeyConstraint(["account_id", "channel_id"], ["channels.account_id", "channels.channel_id"]),
        ForeignKeyConstraint(["account_id", "author_id"], ["agents.account_id", "agents.agent_id"]),
        ForeignKeyConstraint(["account_id", "reply_to_id"], ["messages.account_id", "messages.message_id"]),
        # History: pages of a channel both ways.
        UniqueConstraint("account_id", "channel_id", "seq"),
        # Sending again with the same key returns the same message, whatever the race.
        UniqueConstraint("account_id", "author_id", "client_key"),
        # The first unread message: the post after the marker's count.
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

    account_id: str = key()
    message_id: UUID = key(IDENTIFIER)
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
    """What the body names, in the order of the text, and whether whom it names could read it."""

    __tablename__ = "mentions"
    __table_args__ = (
        ForeignKeyConstraint(["account_id", "message_id"], ["messages.account_id", "messages.message_id"]),
        enum_check("target", MentionTarget),
    )

    account_id: str = key()
    message_id: UUID = key(IDENTIFIER)
    place: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    target: MentionTarget = Field(sa_type=enum_text(MentionTarget))
    agent_id: str | None = Field(default=None, sa_type=Text)
    team_id: str | None = Field(default=None, sa_type=Text)
    team_name: str | None = Field(default=None, sa_type=Text)
    reachable: bool


class MentionedAgent(SQLModel, table=True):
    """One row per person whom a message mentions, teams and `channel/all` spelled out. The key starts with the
    agent and the channel, so the unread mentions of a member are one range of it after their marker. `revision` is
    the message's when it first mentioned them: an edit tells only those it names anew."""

    __tablename__ = "mentioned_agents"
    __table_args__ = (
        ForeignKeyConstraint(["account_id", "message_id"], ["messages.account_id", "messages.message_id"]),
        # An edit and a deletion rewrite the rows of one message.
        Index(None, "account_id", "message_id"),
    )

    account_id: str = key()
    agent_id: str = key()
    channel_id: UUID = key(IDENTIFIER)
    seq: int = Field(primary_key=True, sa_type=BigInteger, sa_column_kwargs={"autoincrement": False})
    message_id: UUID = Field(sa_type=IDENTIFIER)
    revision: int


class Reaction(SQLModel, table=True):
    """One emoji of one agent on one message; the key makes adding it twice the same as once."""

    __tablename__ = "reactions"
    __table_args__ = (
        ForeignKeyConstraint(["account_id", "message_id"], ["messages.account_id", "messages.message_id"]),
        ForeignKeyConstraint(["account_id", "agent_id"], ["agents.account_id", "agents.agent_id"]),
    )

    account_id: str = key()
    message_id: UUID = key(IDENTIFIER)
    emoji: str = key()
    agent_id: str = key()
    created_at: datetime = Field(sa_type=TIMESTAMPTZ)
