"""One channel's changes for one agent: only what they could read when it happened, until they no longer can."""

from collections.abc import AsyncGenerator
from uuid import UUID

from chat.access import Seat
from chat.errors import DenialCode, Denied
from schema.ids import Prefix, parse_id
from subscriptions.context import StreamContext
from subscriptions.doors import doors_at
from subscriptions.feed import Event
from subscriptions.following import following
from subscriptions.positions import starting_change
from subscriptions.scopes import Scope


async def channel_events(context: StreamContext, channel_id: UUID, since: str | None) -> AsyncGenerator[Event, None]:
    """Yields the channel's changes. Raises Denied: ACCESS_LOST for a channel that cannot be read, and as
    `Following.events_after` does."""
    viewer = await context.viewer()
    async with following(context, Scope(viewer.agent_id, {channel_id})) as place:
        now = await place.now()
        start = await starting_change(context.hub, viewer, now, since)
        seat = readable(await context.loaders.seats.load((viewer.agent_id, channel_id)))
        door = (await doors_at(context.hub.sessions, [seat], start))[channel_id]
        async for event in place.events_after(start):
            change = event.change
            if change.channel_id != channel_id:
                continue
            readable(await event.loaders.seats.load((viewer.agent_id, channel_id)))
            was_open = door.open
            door.pass_change(change)
            # A door that closed before the stream began is history; who can read the channel again goes on.
            if was_open and not door.open and change.change > now:
                raise access_lost()
            if door.open:
                yield event


def known_channel(id: str) -> UUID:
    """Returns the channel's id; raises Denied ACCESS_LOST for what cannot be one, as for one that cannot be read."""
    channel_id = parse_id(Prefix.CHANNEL, id)
    if channel_id is None:
        raise access_lost()
    return channel_id


def readable(seat: Seat | None) -> Seat:
    """Returns the seat; raises Denied ACCESS_LOST where nothing can be read."""
    if seat is None or not seat.readable:
        raise access_lost()
    return seat


def access_lost() -> Denied:
    return Denied(DenialCode.ACCESS_LOST, "You cannot read this channel.")
