"""New messages and mentions, live and since a position."""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass
from typing import Annotated

import strawberry

from chat.positions import encode_position
from chat.recipients import alerts
from models.enums import ChangeKind
from schema.messages import Message
from subscriptions.channel_changes import channel_events, known_channel
from subscriptions.context import StreamContext, StreamInfo
from subscriptions.feed import Event
from subscriptions.viewer_changes import member_events, mention_events
from subscriptions.vocabulary import MentionAdded, MessageAdded, Since


@strawberry.type
class MessagesSubscription:
    @strawberry.subscription(
        description=(
            "New messages of one channel, or of every channel that the viewer belongs to. For one channel it ends with"
            " ACCESS_LOST once the viewer can no longer read it."
        )
    )
    async def chat_message_added(
        self,
        info: StreamInfo,
        channel_id: Annotated[
            strawberry.ID | None, strawberry.argument(description="The channel; none: all that the viewer is in.")
        ] = None,
        since: Since = None,
    ) -> AsyncGenerator[MessageAdded, None]:
        async with aclosing(_events(info.context, channel_id, since)) as events:
            async for event in events:
                seen = await _seen(info.context, event) if event.change.kind == ChangeKind.MESSAGE_ADDED else None
                if seen is not None:
                    yield MessageAdded(message=seen.message, alert=seen.alert, position=seen.position)

    @strawberry.subscription(
        description=(
            "Messages that mention the viewer, in any channel that they can read; an edit counts for those it names"
            " anew."
        )
    )
    async def chat_mention_added(self, info: StreamInfo, since: Since = None) -> AsyncGenerator[MentionAdded, None]:
        async with aclosing(mention_events(info.context, since)) as events:
            async for event in events:
                seen = await _seen(info.context, event)
                if seen is not None:
                    yield MentionAdded(message=seen.message, alert=seen.alert, position=seen.position)


@dataclass(frozen=True)
class _Seen:
    """An event's message as the viewer reads it now."""

    message: Message
    alert: bool
    position: str


async def _events(context: StreamContext, channel_id: str | None, since: str | None) -> AsyncGenerator[Event, None]:
    await context.viewer()
    if channel_id is not None:
        async with aclosing(channel_events(context, known_channel(channel_id), since)) as events:
            async for event in events:
                yield event
        return
    async with aclosing(member_events(context, since)) as events:
        async for event in events:
            seat = await event.loaders.seats.load((context.agent_id, event.channel_id))
            if seat is not None and seat.member is not None:
                yield event


async def _seen(context: StreamContext, event: Event) -> _Seen | None:
    """Returns None for what the viewer can no longer read. What is asked of the message reads with its loaders."""
    context.begin(event.loaders)
    assert event.change.message_id is not None
    row = await event.loaders.messages.load((context.agent_id, event.change.message_id))
    seat = await event.loaders.seats.load((context.agent_id, event.channel_id))
    if row is None or seat is None:
        return None
    return _Seen(
        message=Message(row=row),
        alert=alerts(seat, row, context.agent_id in event.mentioned, context.chat.clock.now()),
        position=encode_position(event.change.account_id, event.change.change),
    )
