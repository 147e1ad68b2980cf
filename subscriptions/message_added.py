"""chatMessageAdded: a channel's new messages, live and since a position."""

from collections.abc import AsyncIterator
from typing import Annotated

import strawberry

from chat.errors import DenialCode, Denied
from chat.positions import encode_position
from chat.recipients import alerts
from models import Change
from models.enums import ChangeKind
from schema.ids import Prefix, parse_id
from schema.messages import Message
from subscriptions.channel_changes import channel_events
from subscriptions.context import StreamContext, StreamInfo
from subscriptions.feed import Event

Since = Annotated[
    str | None,
    strawberry.argument(
        description="A `position`: everything after it that the viewer may read, then live. None: from now on."
    ),
]


@strawberry.type(name="ChatMessageAdded", description="A new message.")
class MessageAdded:
    message: Message = strawberry.field(description="The message as it is now; a tombstone if deleted meanwhile.")
    alert: bool = strawberry.field(description="Whether to ring, by the viewer's level and mute.")
    position: str = strawberry.field(description="Where the stream stands: hand it to `since` to go on from here.")


@strawberry.type
class MessageAddedSubscription:
    @strawberry.subscription(
        description="New messages of one channel. Ends with ACCESS_LOST once the viewer can no longer read it."
    )
    async def chat_message_added(
        self,
        info: StreamInfo,
        channel_id: Annotated[strawberry.ID, strawberry.argument(description="The channel.")],
        since: Since = None,
    ) -> AsyncIterator[MessageAdded]:
        await info.context.viewer()
        known = parse_id(Prefix.CHANNEL, channel_id)
        if known is None:
            raise Denied(DenialCode.ACCESS_LOST, "There is no such channel.")
        async for event in channel_events(info.context, known, since):
            if event.change.kind == ChangeKind.MESSAGE_ADDED:
                yield await _added(info.context, event)


async def _added(context: StreamContext, event: Event) -> MessageAdded:
    change: Change = event.change
    viewer = await context.viewer()
    assert change.message_id is not None
    assert change.channel_id is not None
    key = (viewer.agent_id, change.message_id)
    row = await event.loaders.messages.load(key)
    seat = await event.loaders.seats.load((viewer.agent_id, change.channel_id))
    if row is None or seat is None:
        raise Denied(DenialCode.ACCESS_LOST, "You can no longer read this channel.")
    return MessageAdded(
        message=Message(row=row),
        alert=alerts(seat, row, viewer.agent_id in event.mentioned, context.chat.clock.now()),
        position=encode_position(viewer.account_id, change.change),
    )
