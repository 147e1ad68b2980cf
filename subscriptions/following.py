"""Replay, then live: one pass over the changes that concern a stream, without a gap or a repetition at the seam."""

from collections.abc import AsyncIterator, Collection
from dataclasses import dataclass
from uuid import UUID

from subscriptions.changes import BATCH, is_kept, read_scope
from subscriptions.feed import Event, Feed, Follower
from subscriptions.hub import Hub
from subscriptions.positions import resync


@dataclass
class Scope:
    """What a stream of one agent may be concerned with: these channels (more may come), the agent, the account."""

    agent_id: str
    channel_ids: set[UUID]

    @property
    def topics(self) -> Collection[UUID | str | None]:
        return {*self.channel_ids, self.agent_id, None}

    def holds(self, event: Event) -> bool:
        return any(topic in self.channel_ids or topic in (self.agent_id, None) for topic in event.topics)


async def follow_changes(hub: Hub, feed: Feed, follower: Follower, scope: Scope, start: int) -> AsyncIterator[Event]:
    """Yields every event of the scope after `start`, in order, for good. The follower is attached to the feed already,
    so whatever commits meanwhile is either read here or wakes it. Raises Denied RESYNC_REQUIRED for a stream that fell
    so far behind that its changes are no longer kept."""
    cursor = start
    while True:
        # Nothing of the scope stands between the cursor and what woke the follower.
        if cursor >= feed.position:
            cursor = max(cursor, await follower.first_pending() - 1)
            continue
        target = feed.position
        if cursor >= feed.floor:
            events = [event for event in feed.between(cursor, target) if scope.holds(event)]
            reached = target
        else:
            events = await _replayed(hub, feed, scope, cursor, target)
            reached = events[-1].change.change if len(events) == BATCH else target
        for event in events:
            yield event
        cursor = reached


async def _replayed(hub: Hub, feed: Feed, scope: Scope, cursor: int, target: int) -> list[Event]:
    events = await read_scope(hub.sessions, feed.account_id, scope.channel_ids, scope.agent_id, cursor, target)
    if not await is_kept(hub.sessions, feed.account_id, cursor + 1):
        raise resync()
    return events
