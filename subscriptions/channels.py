"""What changes in one channel, and which channels of the sidebar look different."""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from uuid import UUID

import strawberry

from chat.ports import SignalKind
from chat.positions import encode_position
from chat.recipients import alerts
from loaders import Loaders
from models.enums import ChangeKind, SystemEvent
from schema.channels import Channel
from schema.ids import Prefix, public_id
from schema.messages import Message
from subscriptions.changes import MEMBERSHIP
from subscriptions.channel_changes import channel_events, known_channel
from subscriptions.context import StreamContext, StreamInfo
from subscriptions.feed import Event
from subscriptions.merging import merged
from subscriptions.signals import Heard
from subscriptions.viewer_changes import member_events, moves_agent
from subscriptions.vocabulary import ChangeSeen, ChannelChange, ChannelId, InboxChange, Since

SEEN = {
    ChangeKind.MESSAGE_ADDED: ChangeSeen.MESSAGE_ADDED,
    ChangeKind.MESSAGE_EDITED: ChangeSeen.MESSAGE_UPDATED,
    ChangeKind.MESSAGE_REACTED: ChangeSeen.MESSAGE_UPDATED,
    ChangeKind.MESSAGE_DELETED: ChangeSeen.MESSAGE_DELETED,
    ChangeKind.MEMBER_ADDED: ChangeSeen.MEMBERS_CHANGED,
    ChangeKind.MEMBER_REMOVED: ChangeSeen.MEMBERS_CHANGED,
    ChangeKind.MEMBER_CHANGED: ChangeSeen.MEMBERS_CHANGED,
    ChangeKind.AUTHORS_CHANGED: ChangeSeen.MEMBERS_CHANGED,
    ChangeKind.CHANNEL_CREATED: ChangeSeen.CHANNEL_UPDATED,
    ChangeKind.CHANNEL_UPDATED: ChangeSeen.CHANNEL_UPDATED,
}
"""Not the opening or closing of the channel: it moves doors, and a CHANNEL_UPDATED of the same transaction tells it."""

INBOX = (
    ChangeKind.MESSAGE_ADDED,
    ChangeKind.MESSAGE_EDITED,
    ChangeKind.MESSAGE_DELETED,
    ChangeKind.MEMBER_CHANGED,
    ChangeKind.AUTHORS_CHANGED,
    ChangeKind.CHANNEL_UPDATED,
    *MEMBERSHIP,
)
"""After these a channel looks different in the sidebar: its name, last message, counts, or what may be done in it."""

TOLD_BEFORE = (
    SystemEvent.RENAMED,
    SystemEvent.DESCRIBED,
    SystemEvent.KIND_CHANGED,
    SystemEvent.ARCHIVED,
    SystemEvent.UNARCHIVED,
    SystemEvent.ROLE_CHANGED,
)
"""Words of the chat about a change of the same transaction, after which the sidebar has been told already."""


@strawberry.type
class ChannelsSubscription:
    @strawberry.subscription(
        description=(
            "Everything that changes in one channel. Ends with ACCESS_LOST once the viewer can no longer read it."
        )
    )
    async def chat_channel_changed(
        self, info: StreamInfo, channel_id: ChannelId, since: Since = None
    ) -> AsyncGenerator[ChannelChange, None]:
        await info.context.viewer()
        async with aclosing(channel_events(info.context, known_channel(channel_id), since)) as events:
            async for event in events:
                change = await _channel_change(info.context, event)
                if change is not None:
                    yield change

    @strawberry.subscription(
        description=(
            "The sidebar on all of the viewer's devices: which channel has news, was joined, left, renamed, read or set"
            " differently. Tells the latest state, so it is not resumable: fetch the sidebar after subscribing."
        )
    )
    async def chat_inbox_changed(self, info: StreamInfo) -> AsyncGenerator[InboxChange, None]:
        viewer = await info.context.viewer()
        signals = info.context.hub.signals
        with signals.listening(viewer.account_id, [SignalKind.PERSONAL], [viewer.agent_id]) as listener:
            async with aclosing(merged(member_events(info.context, None), listener.hear())) as news:
                async for each in news:
                    change = await _inbox_change_of(info.context, each)
                    if change is not None:
                        yield change


async def _channel_change(context: StreamContext, event: Event) -> ChannelChange | None:
    """Returns None for what the viewer can no longer read, and for what nobody is told."""
    context.begin(event.loaders)
    change = event.change
    if change.kind not in SEEN:
        return None
    seat = await event.loaders.seats.load((context.agent_id, event.channel_id))
    message_id = change.message_id
    row = await event.loaders.messages.load((context.agent_id, message_id)) if message_id is not None else None
    if seat is None or (row is None and message_id is not None):
        return None
    return ChannelChange(
        change=SEEN[change.kind],
        message=Message(row=row) if row is not None else None,
        channel=Channel(seat=seat),
        position=encode_position(change.account_id, change.change),
    )


async def _inbox_change_of(context: StreamContext, news: Event | Heard) -> InboxChange | None:
    return await _of_event(context, news) if isinstance(news, Event) else await _of_signal(context, news)


async def _of_event(context: StreamContext, event: Event) -> InboxChange | None:
    kind = event.change.kind
    if kind not in INBOX or (kind in MEMBERSHIP and not moves_agent(event, context.agent_id)):
        return None
    context.begin(event.loaders)
    if kind == ChangeKind.MESSAGE_ADDED:
        return await _of_message(context, event)
    return await _inbox_change(context, event.loaders, event.channel_id, rings=False)


async def _of_message(context: StreamContext, event: Event) -> InboxChange | None:
    assert event.change.message_id is not None
    seat = await event.loaders.seats.load((context.agent_id, event.channel_id))
    row = await event.loaders.messages.load((context.agent_id, event.change.message_id))
    if row is not None and row.system_event in TOLD_BEFORE:
        return None
    mentioned = context.agent_id in event.mentioned
    rings = seat is not None and row is not None and alerts(seat, row, mentioned, context.chat.clock.now())
    return await _inbox_change(context, event.loaders, event.channel_id, rings=rings)


async def _of_signal(context: StreamContext, heard: Heard) -> InboxChange | None:
    if heard.signal.channel_id is None:
        return None
    context.begin(heard.loaders)
    return await _inbox_change(context, heard.loaders, heard.signal.channel_id, rings=False)


async def _inbox_change(context: StreamContext, loaders: Loaders, channel_id: UUID, *, rings: bool) -> InboxChange:
    seat = await loaders.seats.load((context.agent_id, channel_id))
    return InboxChange(
        channel_id=public_id(Prefix.CHANNEL, channel_id),
        channel=Channel(seat=seat) if seat is not None and seat.member is not None else None,
        alert=rings,
    )
