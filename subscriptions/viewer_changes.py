"""The changes of every channel that the viewer belongs to, as they join and leave; and what mentions them."""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from uuid import UUID

from chat.access import Seat
from chat.viewer import Viewer
from loaders.channels import read_seats_of_viewer
from loaders.shared import to_the_end
from subscriptions.changes import MEMBERSHIP
from subscriptions.context import StreamContext
from subscriptions.doors import Door, doors_at
from subscriptions.feed import Event
from subscriptions.following import Following, following
from subscriptions.positions import starting_change
from subscriptions.scopes import Scope


async def member_events(context: StreamContext, since: str | None) -> AsyncGenerator[Event, None]:
    """Yields the changes of channels that the viewer was a member of at the change, and those that moved the viewer
    in or out. Raises Denied as `Following.events_after` does."""
    viewer = await context.viewer()
    async with aclosing(_passages(context, viewer, since)) as passages:
        async for event, door in passages:
            if door.member or moves_agent(event, viewer.agent_id):
                yield event


async def mention_events(context: StreamContext, since: str | None) -> AsyncGenerator[Event, None]:
    """Yields the changes that mention the viewer, a member of the channel or not: nobody is mentioned who cannot read
    it at the time. Raises Denied as `Following.events_after` does."""
    viewer = await context.viewer()
    async with following(context, Scope(viewer.agent_id, mentions_of=[viewer.agent_id])) as place:
        start = await starting_change(context.hub, viewer, await place.now(), since)
        async for event in place.events_after(start):
            if viewer.agent_id in event.mentioned:
                yield event


async def gate_events(context: StreamContext) -> AsyncGenerator[Event, None]:
    """Yields what changes for the viewer and the account, for streams of which only the gate matters."""
    viewer = await context.viewer()
    async with following(context, Scope(viewer.agent_id)) as place:
        async for event in place.events_after(await place.now()):
            yield event


def moves_agent(event: Event, agent_id: str) -> bool:
    """Whether this change seated the agent or took their seat."""
    return event.change.kind in MEMBERSHIP and event.change.agent_id == agent_id


async def _passages(
    context: StreamContext, viewer: Viewer, since: str | None
) -> AsyncGenerator[tuple[Event, Door], None]:
    """Yields the changes in channels that may concern the viewer, each with the door of its channel as it left it."""
    async with following(context, Scope(viewer.agent_id)) as place:
        start = await starting_change(context.hub, viewer, await place.now(), since)
        doors = await doors_at(context.hub.sessions, await _seats(context, viewer), start)
        for channel_id in doors:
            place.watch(channel_id)
        async for event in place.events_after(start):
            if event.change.channel_id is None:
                continue
            door = doors.setdefault(
                event.channel_id, Door(viewer.agent_id, event.channel_id, member=False, public=False)
            )
            door.pass_change(event.change)
            yield event, door
            _keep_watch(place, doors, door)


@to_the_end
async def _seats(context: StreamContext, viewer: Viewer) -> list[Seat]:
    async with context.hub.sessions() as session:
        return await read_seats_of_viewer(session, viewer)


def _keep_watch(place: Following, doors: dict[UUID, Door], door: Door) -> None:
    """Channels that the viewer is in are watched; a change of any other came because it moved the viewer."""
    if door.member:
        place.watch(door.channel_id)
    else:
        del doors[door.channel_id]
        place.unwatch(door.channel_id)
