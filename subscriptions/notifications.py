"""The subscription chatNotificationAdded."""

from collections.abc import AsyncGenerator
from contextlib import aclosing

import strawberry

from chat.positions import encode_position
from execution import Event
from live.addresses import AddressKind
from live.records import ChangeEvent
from schema.notifications import with_messages
from schema.texts import checked_subscription
from subscriptions.context import StreamContext, StreamInfo, reader_of
from subscriptions.event_types import NotificationAdded, Since
from subscriptions.viewer_events import addressed_events


@strawberry.type
class NotificationsSubscription:
    @strawberry.subscription(
        graphql_type=NotificationAdded,
        description=(
            "New entries in the viewer's bell. It does not report that an entry was read on another device:"
            " chatInboxChanged then reports its channel, and the client should refetch `unreadNotificationCount`."
        ),
    )
    @checked_subscription
    async def chat_notification_added(
        self, info: StreamInfo, since: Since = None
    ) -> AsyncGenerator[Event[NotificationAdded], None]:
        context = info.context
        previous = await context.starting_change(since)
        async with aclosing(addressed_events(context, AddressKind.NOTIFICATION, previous)) as events:
            async for event in events:
                added = await _added(context, event, previous)
                if added is not None:
                    yield added
                    previous = event.change.change


async def _added(context: StreamContext, event: ChangeEvent, previous: int) -> Event[NotificationAdded] | None:
    """Returns None if the notification was removed, or the viewer can no longer read its message."""
    loaders, change, agent_id = event.loaders, event.change, context.token.agent_id
    assert change.message_id is not None
    row = await loaders.notifications.load((agent_id, change.message_id))
    if row is None or not row.bell:
        return None
    found = await with_messages(loaders, await reader_of(agent_id, loaders), [row])
    if not found:
        return None
    added = NotificationAdded(
        notification=found[0],
        position=encode_position(change.account_id, change.change),
        previous_position=encode_position(change.account_id, previous),
    )
    return context.event(added, loaders, event.committed_at)
