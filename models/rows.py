"""The rows that reads return: one NamedTuple for each table, with those of its columns that reads use.

A test compares each class with its table.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, time
from enum import StrEnum
from itertools import accumulate, pairwise
from types import MappingProxyType
from typing import Any, NamedTuple, TypeVar
from uuid import UUID

from sqlalchemy import ColumnElement, Enum, FromClause, inspect
from sqlmodel import SQLModel

from models.accounts import Account
from models.agents import Agent, Presence
from models.attachments import Attachment
from models.audit import AuditEntry
from models.cards import Card
from models.changes import Change
from models.channels import Channel, Member
from models.enums import (
    AgentRole,
    AttachmentKind,
    AuditAction,
    CardPreview,
    ChangeKind,
    ChannelKind,
    Creators,
    EmailState,
    ItemKind,
    MemberRole,
    MentionTarget,
    NotificationLevel,
    NotificationReason,
    NotificationType,
    SendKey,
    SystemEvent,
)
from models.forwards import Forward
from models.messages import Mention, Message
from models.notifications import Notification, QuietHours


class AccountRow(NamedTuple):
    account_id: str
    chat_enabled: bool
    enabled_roles: list[str]
    who_creates_private: Creators
    who_creates_announcement: Creators
    card_preview: CardPreview
    email_contents: bool
    members_pin: bool
    message_retention_days: int | None


class AgentRow(NamedTuple):
    agent_id: str
    name: str
    sort_name: str
    avatar_url: str | None
    role: AgentRole
    active: bool
    send_key: SendKey


class StatusRow(NamedTuple):
    agent_id: str
    status_emoji: str | None
    status_text: str | None
    status_until: datetime | None


class ChannelRow(NamedTuple):
    channel_id: UUID
    kind: ChannelKind
    name: str | None
    sort_name: str
    description: str | None
    avatar_icon: str | None
    avatar_color: str | None
    avatar_key: str | None
    created_at: datetime
    archived_at: datetime | None
    last_seq: int
    post_count: int
    expired_seq: int
    expired_posts: int
    retention_days: int | None
    member_count: int
    last_activity_at: datetime


class MemberRow(NamedTuple):
    agent_id: str
    channel_id: UUID
    role: MemberRole
    joined_at: datetime
    notification_level: NotificationLevel
    muted: bool
    muted_until: datetime | None
    favourite: bool
    read_seq: int
    read_posts: int


class MessageRow(NamedTuple):
    message_id: UUID
    channel_id: UUID
    seq: int
    post_number: int
    author_id: str
    body: str
    system_event: SystemEvent | None
    system_agent_ids: list[str] | None
    system_before: str | None
    system_after: str | None
    reply_to_id: UUID | None
    created_at: datetime
    edited_at: datetime | None
    deleted_at: datetime | None
    revision: int


class MentionRow(NamedTuple):
    message_id: UUID
    target: MentionTarget
    team_name: str | None
    reachable: bool


class CardRow(NamedTuple):
    card_id: UUID
    message_id: UUID
    kind: ItemKind
    item_id: str
    shared_by: str
    title: str
    summary: str | None


class AttachmentRow(NamedTuple):
    attachment_id: UUID
    uploader_id: str
    filename: str
    declared_type: str
    kind: AttachmentKind
    byte_size: int
    created_at: datetime
    expires_at: datetime | None
    storage_key: str | None
    thumbnail_key: str | None
    content_type: str | None
    sha256: bytes | None
    width: int | None
    height: int | None
    duration_ms: int | None
    waveform: bytes | None
    message_id: UUID | None
    place: int | None


class ForwardRow(NamedTuple):
    message_id: UUID
    original_id: UUID
    author_id: str
    sent_at: datetime
    body: str


class NotificationRow(NamedTuple):
    agent_id: str
    message_id: UUID
    channel_id: UUID
    type: NotificationType | None
    reason: NotificationReason
    alert: bool
    bell: bool
    email: bool
    created_at: datetime
    read_at: datetime | None
    email_state: EmailState
    email_at: datetime | None


class QuietHoursRow(NamedTuple):
    time_zone: str
    days: list[str]
    from_time: time
    until_time: time


class ChangeRow(NamedTuple):
    account_id: str
    change: int
    day: date
    kind: ChangeKind
    channel_id: UUID | None
    message_id: UUID | None
    revision: int | None
    created_at: datetime


class AuditRow(NamedTuple):
    entry_id: UUID
    created_at: datetime
    action: AuditAction
    actor_id: str | None
    agent_id: str | None
    channel_id: UUID | None
    message_id: UUID | None
    setting: str | None
    before: str | None
    after: str | None


TABLES: Mapping[type[tuple[Any, ...]], type[SQLModel]] = MappingProxyType(
    {
        AccountRow: Account,
        AgentRow: Agent,
        StatusRow: Presence,
        ChannelRow: Channel,
        MemberRow: Member,
        MessageRow: Message,
        MentionRow: Mention,
        CardRow: Card,
        AttachmentRow: Attachment,
        ForwardRow: Forward,
        NotificationRow: Notification,
        QuietHoursRow: QuietHours,
        ChangeRow: Change,
        AuditRow: AuditEntry,
    }
)

Row = TypeVar("Row", bound=tuple[Any, ...])
Members = Mapping[str | None, StrEnum | None]


def columns(row: type[Row], source: type[SQLModel] | FromClause | None = None) -> list[ColumnElement[Any]]:
    """Returns the columns to select for a row: those of its table, or of an alias or subquery that has the same
    columns."""
    if isinstance(source, FromClause):
        return [source.c[name] for name in _names(row)]
    return [getattr(source or TABLES[row], name) for name in _names(row)]


def places(*rows: type[tuple[Any, ...]]) -> list[slice]:
    """Returns for each row the slice of its columns in a record that begins with the columns of all these rows."""
    ends = [0, *accumulate(len(_names(row)) for row in rows)]
    return [slice(start, end) for start, end in pairwise(ends)]


def to_row(row: type[Row], values: Iterable[Any]) -> Row:
    """Returns the row with these values, in the order of its columns. Texts of enums become their members."""
    converted = list(values)
    for place, members in _ENUM_COLUMNS[row]:
        converted[place] = members[converted[place]]
    made: Row = row._make(converted)  # type: ignore[attr-defined]
    return made


def to_optional_row(row: type[Row], values: Sequence[Any]) -> Row | None:
    """Returns the row; None if an outer join found none. Every row begins with a column that is never null."""
    return to_row(row, values) if values[0] is not None else None


def _names(row: type[tuple[Any, ...]]) -> tuple[str, ...]:
    names: tuple[str, ...] = row._fields  # type: ignore[attr-defined]
    return names


def _enum_columns(row: type[tuple[Any, ...]]) -> list[tuple[int, Members]]:
    """Returns the places of the columns with values of an enum, and the enum's members by their texts."""
    types = [inspect(TABLES[row]).columns[name].type for name in _names(row)]
    return [(place, _members(sql_type)) for place, sql_type in enumerate(types) if isinstance(sql_type, Enum)]


def _members(sql_type: Enum) -> Members:
    enum = sql_type.enum_class
    assert enum is not None
    assert issubclass(enum, StrEnum)
    members: dict[str | None, StrEnum | None] = {member.value: member for member in enum}
    return members | {None: None}


_ENUM_COLUMNS = {row: _enum_columns(row) for row in TABLES}
