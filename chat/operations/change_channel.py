"""Changing a channel itself: its name, description, avatar, who can find it, and whether it is archived."""

from dataclasses import dataclass
from uuid import UUID

from chat.access import Seat
from chat.drafts import Given, IconAvatar, check_avatar
from chat.entering import enter, enter_channel
from chat.naming import checked_description, checked_name, fold
from chat.operation import Transaction, operation
from chat.policies import check_change_kind, check_edit, check_manage
from chat.posting import Told, tell
from models import Channel
from models.enums import ChangeKind, ChannelKind, SystemEvent


@dataclass(frozen=True)
class ChannelChanges:
    channel_id: UUID
    name: Given[str] | None = None
    description: Given[str | None] | None = None
    avatar: Given[IconAvatar | None] | None = None
    kind: Given[ChannelKind] | None = None


@operation
async def update_channel(tx: Transaction, changes: ChannelChanges) -> None:
    """Changes what was given; what already stands so is told to nobody. Raises Refused."""
    name = checked_name(changes.name.value) if changes.name else None
    description = Given(checked_description(changes.description.value)) if changes.description else None
    if changes.avatar:
        check_avatar(changes.avatar.value)
    seat = await enter_channel(tx, changes.channel_id)
    check_edit(seat)
    if name is not None:
        await _rename(tx, seat, name)
    if description is not None:
        await _describe(tx, seat, description.value)
    if changes.avatar:
        _dress(tx, seat.channel, changes.avatar.value)
    if changes.kind:
        await _change_kind(tx, seat, changes.kind.value)
    await tx.session.flush()


@operation
async def archive_channel(tx: Transaction, channel_id: UUID) -> None:
    """Makes the channel read-only. Archiving twice is archiving once. Raises Refused."""
    seat = await enter_channel(tx, channel_id)
    check_manage(seat)
    if seat.channel.archived_at is None:
        seat.channel.archived_at = tx.now
        await _tell(tx, seat, SystemEvent.ARCHIVED)


@operation
async def unarchive_channel(tx: Transaction, channel_id: UUID) -> None:
    """Opens the channel again. Raises Refused."""
    seat = await enter_channel(tx, channel_id)
    check_manage(seat)
    if seat.channel.archived_at is not None:
        seat.channel.archived_at = None
        await _tell(tx, seat, SystemEvent.UNARCHIVED)


async def _rename(tx: Transaction, seat: Seat, name: str) -> None:
    before = seat.channel.name
    if name != before:
        seat.channel.name = name
        seat.channel.sort_name = fold(name)
        await _tell(tx, seat, SystemEvent.RENAMED, before, name)


async def _describe(tx: Transaction, seat: Seat, description: str | None) -> None:
    before = seat.channel.description
    if description != before:
        seat.channel.description = description
        await _tell(tx, seat, SystemEvent.DESCRIBED, before, description)


def _dress(tx: Transaction, channel: Channel, avatar: IconAvatar | None) -> None:
    worn = (avatar.icon, avatar.color) if avatar else (None, None)
    if worn != (channel.avatar_icon, channel.avatar_color):
        channel.avatar_icon, channel.avatar_color = worn
        tx.announce(ChangeKind.CHANNEL_UPDATED, channel.channel_id)


async def _change_kind(tx: Transaction, seat: Seat, kind: ChannelKind) -> None:
    before = seat.channel.kind
    if kind == before:
        return
    check_change_kind(await enter(tx), seat, kind)
    seat.channel.kind = kind
    opened = kind == ChannelKind.PUBLIC
    tx.announce(ChangeKind.MADE_PUBLIC if opened else ChangeKind.MADE_PRIVATE, seat.channel.channel_id)
    await _tell(tx, seat, SystemEvent.KIND_CHANGED, before.value, kind.value)


async def _tell(
    tx: Transaction, seat: Seat, event: SystemEvent, before: str | None = None, after: str | None = None
) -> None:
    """Says in the channel what was changed, and announces it to whoever shows the channel."""
    tx.announce(ChangeKind.CHANNEL_UPDATED, seat.channel.channel_id)
    await tell(tx, Told(seat.channel.channel_id, seat.agent.agent_id, event, before=before, after=after))
