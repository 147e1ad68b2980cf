"""The subscriptions chatMessageAdded and chatMentionAdded."""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

import strawberry

from chat.positions import encode_position
from chat.recipients import should_alert
from live.feed import Event
from models.enums import ChangeKind
from schema.messages import Message, message_of
from subscriptions.channel_events import channel_events, require_channel_id
from subscriptions.context import StreamContext, StreamInfo
from subscriptions.event_types import MentionAdded, MessageAdded, Since
from subscriptions.viewer_events import member_events, mention_events


@strawberry.type
class MessagesSubscription:
    @strawberry.subscription(
        description=(
            "New messages of one channel, or of all channels that the viewer is a member of. For one channel, ends with"
            " ACCESS_LOST when the viewer can no longer read it."
        )
    )
    async def chat_message_added(
        self,
        info: StreamInfo,
        channel_id: Annotated[
            strawberry.ID | None,
            strawberry.argument(description="The channel. If omitted, all channels that the viewer is a member of."),
        ] = None,
        since: Since = None,
    ) -> AsyncGenerator[MessageAdded, None]:
        await info.context.viewer()
        channel = require_channel_id(channel_id) if channel_id is not None else None
        previous = await info.context.starting_change(since)
        async with aclosing(_events(info.context, channel, previous)) as events:
            async for event in events:
                if event.change.kind != ChangeKind.MESSAGE_ADDED:
                    continue
                read = await _read_message(info.context, event)
                if read is not None:
                    yield MessageAdded(
                        message=read.message,
                        alert=read.alert,
                        position=read.position,
                        previous_position=encode_position(event.change.account_id, previous),
                    )
                    previous = event.change.change

    @strawberry.subscription(
        description=(
            "Messages that mention the viewer, in any channel that they can read. An edit is reported only if it"
            " mentions the viewer for the first time."
        )
    )
    async def chat_mention_added(self, info: StreamInfo, since: Since = None) -> AsyncGenerator[MentionAdded, None]:
        previous = await info.context.starting_change(since)
        async with aclosing(mention_events(info.context, previous)) as events:
            async for event in events:
                read = await _read_message(info.context, event)
                if read is not None:
                    yield MentionAdded(
                        message=read.message,
                        alert=read.alert,
                        position=read.position,
                        previous_position=encode_position(event.change.account_id, previous),
                    )
                    previous = event.change.change


@dataclass(frozen=True)
class _ReadMessage:
    """An event's message, as the viewer currently sees it."""

    message: Message
    alert: bool
    position: str


async def _events(context: StreamContext, channel_id: UUID | None, start: int) -> AsyncGenerator[Event, None]:
    if channel_id is not None:
        async with aclosing(channel_events(context, channel_id, start)) as events:
            async for event in events:
                yield event
        return
    async with aclosing(member_events(context, start)) as events:
        async for event in events:
            seat = await event.loaders.seats.load((context.token.agent_id, event.channel_id))
            if seat is not None and seat.member is not None:
                yield event


async def _read_message(context: StreamContext, event: Event) -> _ReadMessage | None:
    """Returns None for a message that the viewer can no longer read."""
    context.use_loaders(event.loaders)
    assert event.change.message_id is not None
    agent_id = context.token.agent_id
    row = await event.loaders.messages.load((agent_id, event.change.message_id))
    seat = await event.loaders.seats.load((agent_id, event.channel_id))
    if row is None or seat is None:
        return None
    return _ReadMessage(
        message=await message_of(context, row),
        alert=should_alert(seat, row, agent_id in event.mentioned, context.chat.clock.now()),
        position=encode_position(event.change.account_id, event.change.change),
    )
