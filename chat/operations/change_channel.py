"""Changing a channel: its name, description, avatar and kind, and whether it is archived."""

from dataclasses import dataclass
from uuid import UUID

from chat.access import Seat
from chat.audit import AuditRecord
from chat.avatars import PreparedAvatar, prepare_avatar, use_avatar
from chat.drafts import Avatar, Given
from chat.identity import Identity
from chat.locking import lock_channel, read_seat, require_viewer
from chat.naming import checked_description, checked_name, fold
from chat.operation import Transaction, operation
from chat.policies import check_change_kind, check_change_retention, check_edit, check_manage
from chat.ports import Chat
from chat.posting import SystemMessage, post_system_messages
from chat.recipients import delete_notifications_of_non_members
from chat.retention import retention_text
from models.enums import AuditAction, ChangeKind, ChannelKind, SystemEvent
from models.rows import ChannelRow
from models.statements import sql

_ACTIONS = {
    SystemEvent.RENAMED: AuditAction.CHANNEL_RENAMED,
    SystemEvent.DESCRIBED: AuditAction.CHANNEL_DESCRIBED,
    SystemEvent.KIND_CHANGED: AuditAction.CHANNEL_KIND_CHANGED,
    SystemEvent.ARCHIVED: AuditAction.CHANNEL_ARCHIVED,
    SystemEvent.UNARCHIVED: AuditAction.CHANNEL_UNARCHIVED,
}
_KEY = "WHERE account_id = :account_id AND channel_id = :channel_id"
_SET_NAME = sql(f"UPDATE channels SET name = :name, sort_name = :sort_name {_KEY}")  # noqa: S608
_SET_DESCRIPTION = sql(f"UPDATE channels SET description = :description {_KEY}")  # noqa: S608
_SET_AVATAR = sql(
    f"UPDATE channels SET avatar_icon = :icon, avatar_color = :color, avatar_key = :avatar_key {_KEY}"  # noqa: S608
)
_SET_KIND = sql(f"UPDATE channels SET kind = :kind {_KEY}")  # noqa: S608
_SET_RETENTION = sql(f"UPDATE channels SET retention_days = :days {_KEY}")  # noqa: S608
_SET_ARCHIVED_AT = sql(f"UPDATE channels SET archived_at = :archived_at {_KEY}")  # noqa: S608


@dataclass(frozen=True)
class ChannelChanges:
    channel_id: UUID
    name: Given[str] | None = None
    description: Given[str | None] | None = None
    avatar: Given[Avatar | None] | None = None
    kind: Given[ChannelKind] | None = None
    retention_days: Given[int | None] | None = None
    """An exception from the account's setting (`chat.retention`), or None to remove it."""


async def update_channel(chat: Chat, identity: Identity, changes: ChannelChanges) -> None:
    """Changes the given fields. Fields that already have the given value are not reported. Raises Refused."""
    avatar = await _prepare_avatar(chat, identity, changes.channel_id, changes.avatar) if changes.avatar else None
    await _update_channel(chat, identity, changes, avatar)


async def _prepare_avatar(
    chat: Chat, identity: Identity, channel_id: UUID, avatar: Given[Avatar | None]
) -> PreparedAvatar:
    async def check(tx: Transaction) -> None:
        check_edit(await read_seat(tx, channel_id))

    return await prepare_avatar(chat, identity, avatar.value, check)


@operation
async def _update_channel(tx: Transaction, changes: ChannelChanges, avatar: PreparedAvatar | None) -> None:
    name = checked_name(changes.name.value) if changes.name else None
    description = Given(checked_description(changes.description.value)) if changes.description else None
    seat = await lock_channel(tx, changes.channel_id)
    check_edit(seat)
    if name is not None:
        await _change_name(tx, seat, name)
    if description is not None:
        await _change_description(tx, seat, description.value)
    if avatar is not None:
        await _change_avatar(tx, seat.channel, avatar)
    if changes.kind:
        await _change_kind(tx, seat, changes.kind.value)
    if changes.retention_days:
        await _change_retention(tx, seat, changes.retention_days.value)


@operation
async def archive_channel(tx: Transaction, channel_id: UUID) -> None:
    """Makes the channel read-only, unless it is archived already. Raises Refused."""
    seat = await lock_channel(tx, channel_id)
    check_manage(seat)
    if seat.channel.archived_at is None:
        await tx.fetch(_SET_ARCHIVED_AT, channel_id=channel_id, archived_at=tx.now)
        await _report(tx, seat, SystemEvent.ARCHIVED)


@operation
async def unarchive_channel(tx: Transaction, channel_id: UUID) -> None:
    """Makes an archived channel writable again. Raises Refused."""
    seat = await lock_channel(tx, channel_id)
    check_manage(seat)
    if seat.channel.archived_at is not None:
        await tx.fetch(_SET_ARCHIVED_AT, channel_id=channel_id, archived_at=None)
        await _report(tx, seat, SystemEvent.UNARCHIVED)


async def _change_name(tx: Transaction, seat: Seat, name: str) -> None:
    before = seat.channel.name
    if name != before:
        await tx.fetch(_SET_NAME, channel_id=seat.channel.channel_id, name=name, sort_name=fold(name))
        await _report(tx, seat, SystemEvent.RENAMED, before, name)


async def _change_description(tx: Transaction, seat: Seat, description: str | None) -> None:
    before = seat.channel.description
    if description != before:
        await tx.fetch(_SET_DESCRIPTION, channel_id=seat.channel.channel_id, description=description)
        await _report(tx, seat, SystemEvent.DESCRIBED, before, description)


async def _change_avatar(tx: Transaction, channel: ChannelRow, avatar: PreparedAvatar) -> None:
    """Posts no system message: a new avatar is not important enough."""
    stored = (avatar.icon, avatar.color, avatar.storage_key)
    if stored != (channel.avatar_icon, channel.avatar_color, channel.avatar_key):
        await use_avatar(tx, avatar, replaced_key=channel.avatar_key)
        icon, color, key = stored
        await tx.fetch(_SET_AVATAR, channel_id=channel.channel_id, icon=icon, color=color, avatar_key=key)
        tx.announce(ChangeKind.CHANNEL_UPDATED, channel.channel_id)
        tx.audit(AuditRecord(AuditAction.CHANNEL_AVATAR_CHANGED, tx.actor_id, channel.channel_id))


async def _change_kind(tx: Transaction, seat: Seat, kind: ChannelKind) -> None:
    before = seat.channel.kind
    if kind == before:
        return
    check_change_kind(await require_viewer(tx), seat, kind)
    await tx.fetch(_SET_KIND, channel_id=seat.channel.channel_id, kind=kind)
    change = ChangeKind.MADE_PUBLIC if kind == ChannelKind.PUBLIC else ChangeKind.MADE_PRIVATE
    tx.announce(change, seat.channel.channel_id)
    if kind == ChannelKind.PRIVATE:
        await delete_notifications_of_non_members(tx, seat.channel.channel_id)
    await _report(tx, seat, SystemEvent.KIND_CHANGED, before.value, kind.value)


async def _change_retention(tx: Transaction, seat: Seat, days: int | None) -> None:
    """Posts no system message: it would expire itself."""
    check_change_retention(seat)
    before, channel_id = seat.channel.retention_days, seat.channel.channel_id
    if days != before:
        await tx.fetch(_SET_RETENTION, channel_id=channel_id, days=days)
        tx.announce(ChangeKind.CHANNEL_UPDATED, channel_id)
        action, texts = AuditAction.CHANNEL_RETENTION_CHANGED, (retention_text(before), retention_text(days))
        tx.audit(AuditRecord(action, tx.actor_id, channel_id, before=texts[0], after=texts[1]))


async def _report(
    tx: Transaction, seat: Seat, event: SystemEvent, before: str | None = None, after: str | None = None
) -> None:
    """Announces and audits that the channel was updated, and posts a system message about it."""
    channel_id = seat.channel.channel_id
    tx.announce(ChangeKind.CHANNEL_UPDATED, channel_id)
    tx.audit(AuditRecord(_ACTIONS[event], tx.actor_id, channel_id, before=before, after=after))
    await post_system_messages(tx, SystemMessage(channel_id, seat.agent.agent_id, event, before=before, after=after))
