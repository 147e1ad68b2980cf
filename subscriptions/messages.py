"""The subscriptions chatMessageAdded and chatMentionAdded."""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Annotated, TypeVar

import strawberry

from chat.notification_rules import should_alert
from chat.positions import encode_position
from execution import Event
from live.addresses import AddressKind
from live.records import ChangeEvent
from models.enums import ChangeKind
from schema.messages import Message
from schema.texts import checked_subscription
from subscriptions.channel_events import channel_events, require_channel_id
from subscriptions.context import StreamContext, StreamInfo, reader_of
from subscriptions.event_types import MentionAdded, MessageAdded, Since
from subscriptions.viewer_events import addressed_events, member_events

Added = TypeVar("Added", MessageAdded, MentionAdded)


@strawberry.type
class MessagesSubscription:
    @strawberry.subscription(
        graphql_type=MessageAdded,
        description=(
            "New messages of one channel, or of all channels that the viewer is a member of. For one channel, ends with"
            " ACCESS_LOST when the viewer can no longer read it."
        ),
    )
    @checked_subscription
    async def chat_message_added(
        self,
        info: StreamInfo,
        channel_id: Annotated[
            strawberry.ID | None,
            strawberry.argument(description="The channel. If omitted, all channels that the viewer is a member of."),
        ] = None,
        since: Since = None,
    ) -> AsyncGenerator[Event[MessageAdded], None]:
        context = info.context
        await context.viewer()
        channel = require_channel_id(channel_id) if channel_id is not None else None
        previous = await context.starting_change(since)
        source = channel_events(context, channel, previous) if channel else _events_as_member(context, previous)
        async with aclosing(source) as events:
            async for event in events:
                if event.change.kind != ChangeKind.MESSAGE_ADDED:
                    continue
                added = await _added(MessageAdded, context, event, previous)
                if added is not None:
                    yield added
                    previous = event.change.change

    @strawberry.subscription(
        graphql_type=MentionAdded,
        description=(
            "Messages that mention the viewer, in any channel that they can read. An edit is reported only if it"
            " mentions the viewer for the first time."
        ),
    )
    @checked_subscription
    async def chat_mention_added(
        self, info: StreamInfo, since: Since = None
    ) -> AsyncGenerator[Event[MentionAdded], None]:
        context = info.context
        previous = await context.starting_change(since)
        async with aclosing(addressed_events(context, AddressKind.MENTION, previous)) as events:
            async for event in events:
                added = await _added(MentionAdded, context, event, previous)
                if added is not None:
                    yield added
                    previous = event.change.change


async def _events_as_member(context: StreamContext, start: int) -> AsyncGenerator[ChangeEvent, None]:
    """Yields the events of channels that the viewer is still a member of."""
    async with aclosing(member_events(context, start)) as events:
        async for event in events:
            seat = await event.loaders.seats.load((context.token.agent_id, event.channel_id))
            if seat is not None and seat.member is not None:
                yield event


async def _added(
    event_type: type[Added], context: StreamContext, event: ChangeEvent, previous: int
) -> Event[Added] | None:
    """Returns the event's message as the viewer currently sees it; None if they can no longer read it."""
    loaders, change, agent_id = event.loaders, event.change, context.token.agent_id
    assert change.message_id is not None
    seat = await loaders.seats.load((agent_id, event.channel_id))
    row = await loaders.message_rows.load(change.message_id)
    if row is None or seat is None or not seat.readable:
        return None
    quiet = await loaders.quiet_times.load(agent_id)
    mentioned = event.is_addressed_to(agent_id, AddressKind.MENTION)
    added = event_type(
        message=Message(row=row, reader=await reader_of(agent_id, loaders)),
        alert=should_alert(seat, row, mentioned, quiet, context.chat.clock.now()),
        position=encode_position(change.account_id, change.change),
        previous_position=encode_position(change.account_id, previous),
    )
    return context.event(added, loaders, event.committed_at)
