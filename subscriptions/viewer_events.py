"""The events of all of the viewer's channels, while the viewer joins and leaves channels, and those that mention the
viewer."""

from collections.abc import AsyncGenerator
from contextlib import aclosing

from chat.change_kinds import EFFECTS, PEOPLE_KINDS
from chat.viewer import Viewer
from live.access_history import ChannelAccess, access_at
from live.addresses import AddressKind
from live.records import ChangeEvent
from live.replay import read_feed
from live.scopes import Scope
from subscriptions.context import StreamContext


async def member_events(context: StreamContext, start: int) -> AsyncGenerator[ChangeEvent, None]:
    """Yields the events after the change `start` of channels that the viewer was a member of at the time, and those
    that began or ended a membership of the viewer. Raises Denied as `FeedReader.events_after` does."""
    viewer = await context.viewer()
    async with aclosing(_events_with_access(context, viewer, start)) as events:
        async for event, access in events:
            if access.is_member or changes_membership_of(event, viewer.agent_id):
                yield event


async def addressed_events(context: StreamContext, kind: AddressKind, start: int) -> AsyncGenerator[ChangeEvent, None]:
    """Yields the events after the change `start` that address a message to the viewer. The viewer need not be a member
    of the channel, but must have been able to read it. Raises Denied as `FeedReader.events_after` does."""
    viewer = await context.viewer()
    current = await context.current_change()
    scope = Scope(viewer.agent_id, address_kinds=[kind])
    context.reset_loaders()
    async with read_feed(context.hub, context.chat.clock, context.token, scope, current) as reader:
        async for event in reader.events_after(start):
            if event.is_addressed_to(viewer.agent_id, kind):
                yield event


async def admission_events(context: StreamContext) -> AsyncGenerator[ChangeEvent, None]:
    """Yields changes of the viewer and of the account, for a stream that only needs to end when the viewer is no longer
    admitted. Raises Denied as `FeedReader.events_after` does."""
    viewer = await context.viewer()
    current = await context.current_change()
    scope = Scope(viewer.agent_id)
    context.reset_loaders()
    async with read_feed(context.hub, context.chat.clock, context.token, scope, current) as reader:
        async for event in reader.events_after(current):
            yield event


def changes_membership_of(event: ChangeEvent, agent_id: str) -> bool:
    """Returns whether the event began or ended a membership of the agent."""
    return EFFECTS[event.change.kind].access.is_membership and agent_id in event.agents


async def _events_with_access(
    context: StreamContext, viewer: Viewer, start: int
) -> AsyncGenerator[tuple[ChangeEvent, ChannelAccess], None]:
    """Yields the events of channels that concern the viewer, each with the viewer's access after it."""
    current = await context.current_change()
    async with read_feed(context.hub, context.chat.clock, context.token, Scope(viewer.agent_id), current) as reader:
        accesses = await access_at(
            context.hub.database, viewer.account_id, await context.loaders.joined_channels.load(viewer.agent_id), start
        )
        context.reset_loaders()
        for channel_id in accesses:
            reader.add_channel(channel_id)
        async for event in reader.events_after(start):
            for channel_id in event.channel_ids:
                if event.change.kind in PEOPLE_KINDS and channel_id not in accesses:
                    continue
                access = accesses.setdefault(
                    channel_id, ChannelAccess(viewer.agent_id, channel_id, is_member=False, is_public=False)
                )
                access.apply(event)
                yield event.in_channel(channel_id), access
                if access.is_member:
                    reader.add_channel(channel_id)
                elif changes_membership_of(event, viewer.agent_id):
                    # A channel that the viewer joins later in the replay stays in the scope. If it were added only
                    # then, the reader would read the same changes again after each join.
                    del accesses[channel_id]
                    reader.remove_channel(channel_id)
