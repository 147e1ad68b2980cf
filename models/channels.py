"""The spaces where agents talk, who is in them, and what each member keeps for themselves."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKeyConstraint, Index, Text, UniqueConstraint
from sqlmodel import Field, SQLModel

from models.columns import IDENTIFIER, SORTABLE, TIMESTAMPTZ, enum_check, enum_text, key
from models.enums import ChannelKind, MemberRole, NotificationLevel


class Channel(SQLModel, table=True):
    """Its row is the channel's lock: whoever writes in it holds it FOR UPDATE and takes the next `seq` from it.

    `post_count` counts people's messages only; it never goes down, so a member's unread count is a subtraction.
    """

    __tablename__ = "channels"
    __table_args__ = (
        ForeignKeyConstraint(["account_id"], ["accounts.account_id"]),
        ForeignKeyConstraint(["account_id", "created_by"], ["agents.account_id", "agents.agent_id"]),
        enum_check("kind", ChannelKind),
        # One direct channel per pair whatever the race: both orders of the pair are the same row.
        UniqueConstraint("account_id", "direct_low", "direct_high"),
        CheckConstraint(
            "(kind = 'DIRECT') = (direct_low IS NOT NULL) AND (kind = 'DIRECT') = (direct_high IS NOT NULL)",
            name="pair_only_if_direct",
        ),
        CheckConstraint('direct_low COLLATE "C" < direct_high COLLATE "C"', name="pair_in_order"),
        CheckConstraint("(kind = 'DIRECT') = (name IS NULL)", name="named_unless_direct"),
        CheckConstraint("(avatar_icon IS NULL) = (avatar_color IS NULL)", name="icon_with_color"),
        # discoverChatChannels and manageableChatChannels: keyset pages by folded name.
        Index(None, "account_id", "sort_name", "channel_id"),
    )

    account_id: str = key()
    channel_id: UUID = key(IDENTIFIER)
    kind: ChannelKind = Field(sa_type=enum_text(ChannelKind))
    name: str | None = Field(default=None, sa_type=Text)
    sort_name: str = Field(default="", sa_type=SORTABLE)
    description: str | None = Field(default=None, sa_type=Text)
    avatar_icon: str | None = Field(default=None, sa_type=Text)
    avatar_color: str | None = Field(default=None, sa_type=Text)
    direct_low: str | None = Field(default=None, sa_type=Text)
    direct_high: str | None = Field(default=None, sa_type=Text)
    created_by: str = Field(sa_type=Text)
    created_at: datetime = Field(sa_type=TIMESTAMPTZ)
    archived_at: datetime | None = Field(default=None, sa_type=TIMESTAMPTZ)
    last_seq: int = Field(default=0, sa_type=BigInteger)
    post_count: int = Field(default=0, sa_type=BigInteger)
    member_count: int = 0
    last_activity_at: datetime = Field(sa_type=TIMESTAMPTZ)


class Member(SQLModel, table=True):
    """A seat in a channel with the member's read marker: the last `seq` read, and the posts counted up to it."""

    __tablename__ = "members"
    __table_args__ = (
        ForeignKeyConstraint(["account_id", "channel_id"], ["channels.account_id", "channels.channel_id"]),
        ForeignKeyConstraint(["account_id", "agent_id"], ["agents.account_id", "agents.agent_id"]),
        enum_check("role", MemberRole),
        enum_check("notification_level", NotificationLevel),
        # The sidebar: all channels of one agent.
        Index(None, "account_id", "agent_id", "channel_id", unique=True),
    )

    account_id: str = key()
    channel_id: UUID = key(IDENTIFIER)
    agent_id: str = key()
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
    """Who may post in an announcement; separate from roles, since whoever speaks need not manage."""

    __tablename__ = "authors"
    __table_args__ = (
        ForeignKeyConstraint(["account_id", "channel_id"], ["channels.account_id", "channels.channel_id"]),
        ForeignKeyConstraint(["account_id", "agent_id"], ["agents.account_id", "agents.agent_id"]),
    )

    account_id: str = key()
    channel_id: UUID = key(IDENTIFIER)
    agent_id: str = key()


class PersonalNote(SQLModel, table=True):
    """A note that only its writer ever sees. Not a column of `members`: it is back after leaving and rejoining."""

    __tablename__ = "personal_notes"
    __table_args__ = (
        ForeignKeyConstraint(["account_id", "channel_id"], ["channels.account_id", "channels.channel_id"]),
        ForeignKeyConstraint(["account_id", "agent_id"], ["agents.account_id", "agents.agent_id"]),
    )

    account_id: str = key()
    agent_id: str = key()
    channel_id: UUID = key(IDENTIFIER)
    note: str = Field(sa_type=Text)
