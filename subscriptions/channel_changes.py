"""One channel's changes for one agent: only what they could read when it happened, until they no longer can."""

from collections.abc import AsyncIterator
from uuid import UUID

from chat.access import Seat
from chat.errors import DenialCode, Denied
from models import Change
from models.enums import ChangeKind
from subscriptions.context import StreamContext
from subscriptions.doors import door_at
from subscriptions.feed import Event
from subscriptions.replay import follow_changes, starting_change

GATE = (ChangeKind.AGENT_DEACTIVATED, ChangeKind.AGENT_CHANGED, ChangeKind.SETTINGS_CHANGED)
"""The changes after which somebody may no longer be let in at all."""


async def channel_events(context: StreamContext, channel_id: UUID, since: str | None) -> AsyncIterator[Event]:
    """Yields the channel's changes, each with the context on the event's own loaders. Raises Denied: ACCESS_LOST
    for a channel that cannot be read, MODULE_DISABLED or AGENT_INACTIVE when the gate closes."""
    viewer = await context.viewer()
    async with context.hub.follow(viewer.account_id) as feed:
        standing = await context.loaders.standings.load(viewer.agent_id)
        assert standing is not None
        start = await starting_change(context.hub, viewer, standing.change, since)
        seat = _readable(await context.loaders.seats.load((viewer.agent_id, channel_id)))
        door = await door_at(context.hub.sessions, seat, start)
        async for event in follow_changes(context.hub, feed, start):
            change = event.change
            was_open = door.open
            door.pass_change(change)
            if not _concerns(change, viewer.agent_id, channel_id):
                continue
            context.begin(event.loaders)
            await context.viewer()
            _readable(await event.loaders.seats.load((viewer.agent_id, channel_id)))
            if was_open and not door.open and _is_live(change, standing.change):
                raise _lost()
            if door.open and change.channel_id == channel_id:
                yield event


def _is_live(change: Change, start_of_stream: int) -> bool:
    """A door that closed before the stream began is history; who can read the channel again goes on."""
    return change.change > start_of_stream


def _concerns(change: Change, agent_id: str, channel_id: UUID) -> bool:
    if change.channel_id is not None:
        return change.channel_id == channel_id
    return change.kind in GATE and change.agent_id in (None, agent_id)


def _readable(seat: Seat | None) -> Seat:
    if seat is None or not seat.readable:
        raise _lost()
    return seat


def _lost() -> Denied:
    return Denied(DenialCode.ACCESS_LOST, "You cannot read this channel.")
