"""Channels, their members and authors, and personal notes."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKeyConstraint, Index, Text, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from models.columns import IDENTIFIER, SORTABLE, TIMESTAMPTZ, enum_check, enum_text, key_column
from models.enums import ChannelKind, MemberRole, NotificationLevel


class Channel(SQLModel, table=True):
    """A channel. Its row is also its lock: every write in the channel holds it FOR NO KEY UPDATE and takes the next
    `seq` from it.

    `post_count` counts the messages of agents, not system messages. It never decreases, so a member's unread count is a
    subtraction. `member_count` counts active members. After an agent is activated or deactivated, it is corrected by
    `chat.operations.activations`.

    Messages that are too old are removed from the beginning of the channel: those up to `expired_seq`, of which
    `expired_posts` were posts.
    """

    __tablename__ = "channels"
    __table_args__ = (
        ForeignKeyConstraint(["account_id"], ["accounts.account_id"]),
        ForeignKeyConstraint(["account_id", "created_by"], ["agents.account_id", "agents.agent_id"]),
        enum_check("kind", ChannelKind),
        # One direct message per pair, even if both agents open it at the same time: the pair is stored in order.
        UniqueConstraint("account_id", "direct_low", "direct_high"),
        CheckConstraint(
            "(kind = 'DIRECT') = (direct_low IS NOT NULL) AND (kind = 'DIRECT') = (direct_high IS NOT NULL)",
            name="pair_only_if_direct",
        ),
        CheckConstraint('direct_low COLLATE "C" < direct_high COLLATE "C"', name="pair_in_order"),
        CheckConstraint("(kind = 'DIRECT') = (name IS NULL)", name="named_unless_direct"),
        CheckConstraint("(avatar_icon IS NULL) = (avatar_color IS NULL)", name="icon_with_color"),
        CheckConstraint("avatar_icon IS NULL OR avatar_key IS NULL", name="icon_or_image"),
        CheckConstraint("retention_days >= 0", name="retention_days"),
        # The accounts that have channels with a retention of their own.
        Index(None, "account_id", "retention_days", postgresql_where="retention_days > 0"),
        # The avatar that a link names.
        Index(None, "account_id", "avatar_key", unique=True, postgresql_where="avatar_key IS NOT NULL"),
        # discoverChatChannels and manageableChatChannels: keyset pages by folded name.
        Index(None, "account_id", "sort_name", "channel_id"),
    )

    account_id: str = key_column()
    channel_id: UUID = key_column(IDENTIFIER)
    kind: ChannelKind = Field(sa_type=enum_text(ChannelKind))
    name: str | None = Field(default=None, sa_type=Text)
    sort_name: str = Field(default="", sa_type=SORTABLE)
    description: str | None = Field(default=None, sa_type=Text)
    avatar_icon: str | None = Field(default=None, sa_type=Text)
    avatar_color: str | None = Field(default=None, sa_type=Text)
    avatar_key: str | None = Field(default=None, sa_type=Text)
    """The storage key of the avatar's image, a file of its own: an id in hexadecimal digits, which links name."""

    direct_low: str | None = Field(default=None, sa_type=Text)
    direct_high: str | None = Field(default=None, sa_type=Text)
    created_by: str = Field(sa_type=Text)
    created_at: datetime = Field(sa_type=TIMESTAMPTZ)
    archived_at: datetime | None = Field(default=None, sa_type=TIMESTAMPTZ)
    last_seq: int = Field(default=0, sa_type=BigInteger)
    post_count: int = Field(default=0, sa_type=BigInteger)
    expired_seq: int = Field(default=0, sa_type=BigInteger, sa_column_kwargs={"server_default": text("0")})
    expired_posts: int = Field(default=0, sa_type=BigInteger, sa_column_kwargs={"server_default": text("0")})
    retention_days: int | None = None
    """After how many days messages are removed, as an exception from the account's setting; 0: never."""

    member_count: int = 0
    last_activity_at: datetime = Field(sa_type=TIMESTAMPTZ)


class Member(SQLModel, table=True):
    """A member of a channel, with their settings and read marker: the last `seq` read and the post count up to it."""

    __tablename__ = "members"
    __table_args__ = (
        ForeignKeyConstraint(["account_id", "channel_id"], ["channels.account_id", "channels.channel_id"]),
        ForeignKeyConstraint(["account_id", "agent_id"], ["agents.account_id", "agents.agent_id"]),
        enum_check("role", MemberRole),
        enum_check("notification_level", NotificationLevel),
        # The sidebar: all channels of one agent.
        Index(None, "account_id", "agent_id", "channel_id", unique=True),
    )

    account_id: str = key_column()
    channel_id: UUID = key_column(IDENTIFIER)
    agent_id: str = key_column()
    role: MemberRole = Field(default=MemberRole.MEMBER, sa_type=enum_text(MemberRole))
    joined_at: datetime = Field(sa_type=TIMESTAMPTZ)
    notification_level: NotificationLevel = Field(
        default=NotificationLevel.EVERYTHING, sa_type=enum_text(NotificationLevel)
    )
    muted: bool = False
    muted_until: datetime | None = Field(default=None, sa_type=TIMESTAMPTZ)
    favourite: bool = False
    read_seq: int = Field(default=0, sa_type=BigInteger)
    read_posts: int = Field(default=0, sa_type=BigInteger)


class Author(SQLModel, table=True):
    """An agent who may post in an announcement. Independent of roles: an author need not manage the channel."""

    __tablename__ = "authors"
    __table_args__ = (
        ForeignKeyConstraint(["account_id", "channel_id"], ["channels.account_id", "channels.channel_id"]),
        ForeignKeyConstraint(["account_id", "agent_id"], ["agents.account_id", "agents.agent_id"]),
    )

    account_id: str = key_column()
    channel_id: UUID = key_column(IDENTIFIER)
    agent_id: str = key_column()


class PersonalNote(SQLModel, table=True):
    """A note that only its writer ever sees. Not a column of `members`, so that it survives leaving the channel."""

    __tablename__ = "personal_notes"
    __table_args__ = (
        ForeignKeyConstraint(["account_id", "channel_id"], ["channels.account_id", "channels.channel_id"]),
        ForeignKeyConstraint(["account_id", "agent_id"], ["agents.account_id", "agents.agent_id"]),
    )

    account_id: str = key_column()
    agent_id: str = key_column()
    channel_id: UUID = key_column(IDENTIFIER)
    note: str = Field(sa_type=Text)
