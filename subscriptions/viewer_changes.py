"""The changes of every channel that the viewer belongs to, as they join and leave."""

from collections.abc import AsyncGenerator
from uuid import UUID

from loaders.channels import read_seats_of_viewer
from subscriptions.changes import MEMBERSHIP
from subscriptions.context import StreamContext
from subscriptions.doors import Door, doors_at
from subscriptions.feed import Event
from subscriptions.following import Following, Scope, following
from subscriptions.positions import starting_change


async def viewer_events(context: StreamContext, since: str | None) -> AsyncGenerator[Event, None]:
    """Yields the changes of channels that the viewer was a member of at the change, those that moved the viewer in or
    out, and those that mention the viewer. Raises Denied as `Following.events_after` does."""
    viewer = await context.viewer()
    async with following(context, Scope(viewer.agent_id, set())) as place:
        start = await starting_change(context.hub, viewer, await place.now(), since)
        async with context.hub.sessions() as session:
            seats = await read_seats_of_viewer(session, viewer)
        doors = await doors_at(context.hub.sessions, seats, start)
        for channel_id in doors:
            place.watch(channel_id)
        async for event in place.events_after(start):
            if event.change.channel_id is None:
                continue
            moved = moves_agent(event, viewer.agent_id)
            door = doors.setdefault(
                event.channel_id, Door(viewer.agent_id, event.channel_id, member=False, public=False)
            )
            door.pass_change(event.change)
            if moved or door.member or viewer.agent_id in event.mentioned:
                yield event
            _keep_watch(place, doors, door)


async def gate_events(context: StreamContext) -> AsyncGenerator[Event, None]:
    """Yields what changes for the viewer and the account, for streams of which only the gate matters."""
    viewer = await context.viewer()
    async with following(context, Scope(viewer.agent_id, set())) as place:
        async for event in place.events_after(await place.now()):
            yield event


def moves_agent(event: Event, agent_id: str) -> bool:
    """Whether this change seated the agent or took their seat."""
    return event.change.kind in MEMBERSHIP and event.change.agent_id == agent_id


def _keep_watch(place: Following, doors: dict[UUID, Door], door: Door) -> None:
    """Channels that the viewer is in are watched; a change of any other came because it named the viewer."""
    if door.member:
        place.watch(door.channel_id)
    else:
        del doors[door.channel_id]
        place.unwatch(door.channel_id)
