"""The subscriptions chatChannelChanged and chatInboxChanged."""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from uuid import UUID

import strawberry

from chat.change_kinds import ANNOUNCED_BY_OTHER_CHANGE, EFFECTS, Inbox
from chat.notification_rules import should_alert
from chat.ports import SignalKind
from chat.positions import encode_position
from execution import Event
from live.addresses import AddressKind
from live.merging import merge
from live.records import ChangeEvent
from live.signals import ReceivedSignal
from loaders import Loaders
from models.enums import ChangeKind, ChannelKind
from schema.channels import Channel
from schema.ids import Prefix, public_id
from schema.messages import Message
from schema.texts import checked_subscription
from subscriptions.channel_events import channel_events, require_channel_id
from subscriptions.context import StreamContext, StreamInfo, reader_of
from subscriptions.event_types import ChannelChange, ChannelId, InboxChange, Since
from subscriptions.viewer_events import member_events


@strawberry.type
class ChannelsSubscription:
    @strawberry.subscription(
        graphql_type=ChannelChange,
        description=(
            "Everything that changes in one channel. Ends with ACCESS_LOST when the viewer can no longer read it."
        ),
    )
    @checked_subscription
    async def chat_channel_changed(
        self, info: StreamInfo, channel_id: ChannelId, since: Since = None
    ) -> AsyncGenerator[Event[ChannelChange], None]:
        await info.context.viewer()
        channel = require_channel_id(channel_id)
        previous = await info.context.starting_change(since)
        async with aclosing(channel_events(info.context, channel, previous)) as events:
            async for event in events:
                change = await _channel_change(info.context, event, previous)
                if change is not None:
                    yield info.context.event(change, event.loaders, event.committed_at)
                    previous = event.change.change

    @strawberry.subscription(
        graphql_type=InboxChange,
        description=(
            "Changes of the viewer's sidebar, on all of their devices: reports a channel when it gets a new message or"
            " is changed, when the viewer joins or leaves it, or when their settings or read marker in it change. Not"
            " resumable: fetch the sidebar after subscribing."
        ),
    )
    async def chat_inbox_changed(self, info: StreamInfo) -> AsyncGenerator[Event[InboxChange], None]:
        viewer = await info.context.viewer()
        current = await info.context.current_change()
        signals = info.context.hub.signals
        with signals.listen(viewer.account_id, [SignalKind.PERSONAL], [viewer.agent_id]) as listener:
            async with aclosing(merge(member_events(info.context, current), listener.received())) as items:
                async for item in items:
                    change = await _inbox_change(info.context, item)
                    if change is not None:
                        yield info.context.event(change, item.loaders, item.committed_at)


async def _channel_change(context: StreamContext, event: ChangeEvent, previous: int) -> ChannelChange | None:
    """Returns None for a change that is not shown, or that the viewer can no longer read."""
    change, loaders = event.change, event.loaders
    shown_as = EFFECTS[change.kind].shown_as
    if shown_as is None:
        return None
    seat = await loaders.seats.load((context.token.agent_id, event.channel_id))
    if seat is None or not seat.readable:
        return None
    row = await loaders.message_rows.load(change.message_id) if change.message_id is not None else None
    if row is None and change.message_id is not None:
        return None
    reader = await reader_of(context.token.agent_id, loaders)
    return ChannelChange(
        change=shown_as,
        message=Message(row=row, reader=reader) if row is not None else None,
        channel=Channel(seat=seat, reader=reader),
        position=encode_position(change.account_id, change.change),
        previous_position=encode_position(change.account_id, previous),
    )


async def _inbox_change(context: StreamContext, item: ChangeEvent | ReceivedSignal) -> InboxChange | None:
    """Returns None for an event that does not change the viewer's sidebar."""
    if isinstance(item, ReceivedSignal):
        channel_id = item.signal.channel_id
        return await _changed_channel(context, item.loaders, channel_id, alert=False) if channel_id else None
    match EFFECTS[item.change.kind].inbox:
        case Inbox.NOBODY:
            return None
        case Inbox.AGENTS if context.token.agent_id not in item.agents:
            return None
        case Inbox.PEERS if not await _is_direct(context, item):
            return None
    if item.change.kind == ChangeKind.MESSAGE_ADDED:
        return await _new_message(context, item)
    return await _changed_channel(context, item.loaders, item.channel_id, alert=False)


async def _is_direct(context: StreamContext, event: ChangeEvent) -> bool:
    seat = await event.loaders.seats.load((context.token.agent_id, event.channel_id))
    return seat is not None and seat.channel.kind == ChannelKind.DIRECT


async def _new_message(context: StreamContext, event: ChangeEvent) -> InboxChange | None:
    assert event.change.message_id is not None
    agent_id = context.token.agent_id
    seat = await event.loaders.seats.load((agent_id, event.channel_id))
    row = await event.loaders.message_rows.load(event.change.message_id)
    if row is not None and row.system_event in ANNOUNCED_BY_OTHER_CHANGE:
        return None
    mentioned = event.is_addressed_to(agent_id, AddressKind.MENTION)
    quiet, now = await event.loaders.quiet_times.load(agent_id), context.chat.clock.now()
    alert = seat is not None and row is not None and should_alert(seat, row, mentioned, quiet, now)
    return await _changed_channel(context, event.loaders, event.channel_id, alert=alert)


async def _changed_channel(context: StreamContext, loaders: Loaders, channel_id: UUID, *, alert: bool) -> InboxChange:
    viewer = await reader_of(context.token.agent_id, loaders)
    seat = await loaders.seats.load((viewer.agent_id, channel_id))
    return InboxChange(
        channel_id=public_id(Prefix.CHANNEL, channel_id),
        channel=Channel(seat=seat, reader=viewer) if seat is not None and seat.member is not None else None,
        alert=alert,
    )
