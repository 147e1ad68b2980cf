"""One channel's changes for one agent: only what they could read when it happened, until they no longer can."""

from collections.abc import AsyncIterator
from uuid import UUID

from chat.access import Seat
from chat.errors import DenialCode, Denied
from subscriptions.context import StreamContext
from subscriptions.doors import doors_at
from subscriptions.feed import Event
from subscriptions.following import Scope, follow_changes
from subscriptions.positions import starting_change


async def channel_events(context: StreamContext, channel_id: UUID, since: str | None) -> AsyncIterator[Event]:
    """Yields the channel's changes, each with the context on the event's own loaders. Raises Denied: ACCESS_LOST
    for a channel that cannot be read, MODULE_DISABLED or AGENT_INACTIVE when the gate closes."""
    viewer = await context.viewer()
    scope = Scope(viewer.agent_id, {channel_id})
    async with context.hub.follow(viewer.account_id, scope.topics) as (feed, follower):
        now = await context.change()
        start = await starting_change(context.hub, viewer, now, since)
        seat = readable(await context.loaders.seats.load((viewer.agent_id, channel_id)))
        door = (await doors_at(context.hub.sessions, [seat], start))[channel_id]
        async for event in follow_changes(context.hub, feed, follower, scope, start):
            change = event.change
            if change.channel_id not in (None, channel_id):
                continue
            context.begin(event.loaders)
            await context.viewer()
            readable(await event.loaders.seats.load((viewer.agent_id, channel_id)))
            was_open = door.open
            door.pass_change(change)
            # A door that closed before the stream began is history; who can read the channel again goes on.
            if was_open and not door.open and change.change > now:
                raise access_lost()
            if door.open and change.channel_id == channel_id:
                yield event


def readable(seat: Seat | None) -> Seat:
    """Returns the seat; raises Denied ACCESS_LOST where nothing can be read."""
    if seat is None or not seat.readable:
        raise access_lost()
    return seat


def access_lost() -> Denied:
    return Denied(DenialCode.ACCESS_LOST, "You cannot read this channel.")
