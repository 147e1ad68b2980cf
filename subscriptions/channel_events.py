"""The events of one channel that a viewer could read at the time, until the viewer can no longer read the channel."""

from collections.abc import AsyncGenerator
from uuid import UUID

from chat.access import Seat
from chat.errors import DenialCode, Denied
from live.access_history import access_at
from live.records import ChangeEvent
from live.replay import read_feed
from live.scopes import Scope
from schema.ids import Prefix, parse_id
from subscriptions.context import StreamContext


async def channel_events(context: StreamContext, channel_id: UUID, start: int) -> AsyncGenerator[ChangeEvent, None]:
    """Yields the channel's events after the change `start`. Raises Denied ACCESS_LOST for a channel that the viewer
    cannot read, and the same as `FeedReader.events_after`."""
    viewer = await context.viewer()
    current = await context.current_change()
    scope = Scope(viewer.agent_id, {channel_id})
    async with read_feed(context.hub, context.chat.clock, context.token, scope, current) as reader:
        seat = require_readable(await context.loaders.seats.load((viewer.agent_id, channel_id)))
        access = (await access_at(context.hub.database, viewer.account_id, [seat], start))[channel_id]
        context.reset_loaders()
        async for event in reader.events_after(start):
            if channel_id not in event.channel_ids:
                continue
            require_readable(await event.loaders.seats.load((viewer.agent_id, channel_id)))
            was_readable = access.readable
            access.apply(event)
            # Access that ended before the stream began and was granted again since then does not end the stream.
            if was_readable and not access.readable and event.change.change > current:
                raise access_lost()
            if access.readable:
                yield event.in_channel(channel_id)


def require_channel_id(id: str) -> UUID:
    """Returns the channel's id. Raises Denied ACCESS_LOST for text that is not a channel id, the same as for a channel
    that the viewer cannot read."""
    channel_id = parse_id(Prefix.CHANNEL, id)
    if channel_id is None:
        raise access_lost()
    return channel_id


def require_readable(seat: Seat | None) -> Seat:
    """Returns the seat. Raises Denied ACCESS_LOST if the viewer cannot read the channel."""
    if seat is None or not seat.readable:
        raise access_lost()
    return seat


def access_lost() -> Denied:
    return Denied(DenialCode.ACCESS_LOST, "You cannot read this channel.")
