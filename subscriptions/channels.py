"""The subscriptions chatChannelChanged and chatInboxChanged."""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from uuid import UUID

import strawberry

from chat.change_kinds import ANNOUNCED_BY_OTHER_CHANGE, EFFECTS, Inbox
from chat.ports import SignalKind
from chat.positions import encode_position
from chat.recipients import should_alert
from live.feed import Event
from live.merging import merge
from live.signals import ReceivedSignal
from loaders import Loaders
from models.enums import ChangeKind
from schema.channels import Channel
from schema.ids import Prefix, public_id
from schema.messages import message_of
from subscriptions.channel_events import channel_events, require_channel_id
from subscriptions.context import StreamContext, StreamInfo
from subscriptions.event_types import ChannelChange, ChannelId, InboxChange, Since
from subscriptions.viewer_events import member_events


@strawberry.type
class ChannelsSubscription:
    @strawberry.subscription(
        description=(
            "Everything that changes in one channel. Ends with ACCESS_LOST when the viewer can no longer read it."
        )
    )
    async def chat_channel_changed(
        self, info: StreamInfo, channel_id: ChannelId, since: Since = None
    ) -> AsyncGenerator[ChannelChange, None]:
        await info.context.viewer()
        channel = require_channel_id(channel_id)
        previous = await info.context.starting_change(since)
        async with aclosing(channel_events(info.context, channel, previous)) as events:
            async for event in events:
                change = await _channel_change(info.context, event, previous)
                if change is not None:
                    yield change
                    previous = event.change.change

    @strawberry.subscription(
        description=(
            "Changes of the viewer's sidebar, on all of their devices: reports a channel when it gets a new message or"
            " is changed, when the viewer joins or leaves it, or when their settings or read marker in it change. Not"
            " resumable: fetch the sidebar after subscribing."
        )
    )
    async def chat_inbox_changed(self, info: StreamInfo) -> AsyncGenerator[InboxChange, None]:
        viewer = await info.context.viewer()
        current = await info.context.current_change()
        signals = info.context.hub.signals
        with signals.listen(viewer.account_id, [SignalKind.PERSONAL], [viewer.agent_id]) as listener:
            async with aclosing(merge(member_events(info.context, current), listener.received())) as items:
                async for item in items:
                    change = await _inbox_change(info.context, item)
                    if change is not None:
                        yield change


async def _channel_change(context: StreamContext, event: Event, previous: int) -> ChannelChange | None:
    """Returns None for a change that is not shown, or that the viewer can no longer read."""
    context.use_loaders(event.loaders)
    change = event.change
    shown_as = EFFECTS[change.kind].shown_as
    if shown_as is None:
        return None
    seat = await event.loaders.seats.load((context.token.agent_id, event.channel_id))
    message_id = change.message_id
    row = await event.loaders.messages.load((context.token.agent_id, message_id)) if message_id is not None else None
    if seat is None or (row is None and message_id is not None):
        return None
    return ChannelChange(
        change=shown_as,
        message=await message_of(context, row) if row is not None else None,
        channel=Channel(seat=seat, reader=await context.viewer()),
        position=encode_position(change.account_id, change.change),
        previous_position=encode_position(change.account_id, previous),
    )


async def _inbox_change(context: StreamContext, item: Event | ReceivedSignal) -> InboxChange | None:
    """Returns None for an event that does not change the viewer's sidebar."""
    context.use_loaders(item.loaders)
    if isinstance(item, ReceivedSignal):
        channel_id = item.signal.channel_id
        return await _changed_channel(context, item.loaders, channel_id, alert=False) if channel_id else None
    match EFFECTS[item.change.kind].inbox:
        case Inbox.NOBODY:
            return None
        case Inbox.AGENT if item.change.agent_id != context.token.agent_id:
            return None
    if item.change.kind == ChangeKind.MESSAGE_ADDED:
        return await _new_message(context, item)
    return await _changed_channel(context, item.loaders, item.channel_id, alert=False)


async def _new_message(context: StreamContext, event: Event) -> InboxChange | None:
    assert event.change.message_id is not None
    agent_id = context.token.agent_id
    seat = await event.loaders.seats.load((agent_id, event.channel_id))
    row = await event.loaders.messages.load((agent_id, event.change.message_id))
    if row is not None and row.system_event in ANNOUNCED_BY_OTHER_CHANGE:
        return None
    now = context.chat.clock.now()
    alert = seat is not None and row is not None and should_alert(seat, row, agent_id in event.mentioned, now)
    return await _changed_channel(context, event.loaders, event.channel_id, alert=alert)


async def _changed_channel(context: StreamContext, loaders: Loaders, channel_id: UUID, *, alert: bool) -> InboxChange:
    viewer = await context.viewer()
    seat = await loaders.seats.load((viewer.agent_id, channel_id))
    return InboxChange(
        channel_id=public_id(Prefix.CHANNEL, channel_id),
        channel=Channel(seat=seat, reader=viewer) if seat is not None and seat.member is not None else None,
        alert=alert,
    )
