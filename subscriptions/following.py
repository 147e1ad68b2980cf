"""Replay, then live: one pass over the changes that concern a stream, without a gap or a repetition at the seam, and
with the gate asked at each of them."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from chat.errors import DenialCode, Denied
from chat.viewer import admitted, agent_of
from subscriptions.changes import BATCH, is_kept, read_scope
from subscriptions.context import StreamContext
from subscriptions.feed import Event, Fact, Feed, Follower
from subscriptions.hub import Hub
from subscriptions.positions import resync
from subscriptions.scopes import Scope


@dataclass(frozen=True)
class _Page:
    """Facts up to `reached`; read from the database, it holds only what the scope was at that time."""

    facts: Sequence[Fact]
    reached: int
    was_read_for_scope: bool


@dataclass(frozen=True)
class Following:
    """A stream's place in its account's feed."""

    hub: Hub
    feed: Feed
    follower: Follower
    scope: Scope
    context: StreamContext
    expires_at: datetime

    def watch(self, channel_id: UUID) -> None:
        self.scope.channel_ids.add(channel_id)
        self.feed.watch(self.follower, channel_id)

    def unwatch(self, channel_id: UUID) -> None:
        self.scope.channel_ids.discard(channel_id)
        self.feed.unwatch(self.follower, channel_id)

    async def now(self) -> int:
        """Returns where the account stands; nothing that was read before it will be told."""
        change = await self.context.change()
        self.feed.heard_of(change)
        return change

    async def events_after(self, start: int) -> AsyncGenerator[Event, None]:
        """Yields every event of the scope after `start`, in order, for good; the scope may change with each of them.

        Raises Denied: AGENT_INACTIVE or MODULE_DISABLED when the gate closes, UNAUTHENTICATED when the token expires,
        RESYNC_REQUIRED for a stream that fell so far behind that its changes are no longer kept.
        """
        cursor = start
        while True:
            if cursor >= self.feed.position:
                # Nothing of the scope stands between the cursor and what wakes the follower.
                cursor = max(cursor, await self._first_pending() - 1)
                continue
            page = await self._next_page(cursor)
            cursor = page.reached
            for fact in page.facts:
                if not self.scope.holds(fact):
                    continue
                event = self.feed.event(fact)
                await self._pass_gate(event)
                read_for = frozenset(self.scope.channel_ids)
                yield event
                if page.was_read_for_scope and not self.scope.channel_ids <= read_for:
                    # The page was read without the channel that this event brought: read on from here with it.
                    cursor = event.change.change
                    break

    async def _first_pending(self) -> int:
        left = (self.expires_at - self.context.chat.clock.now()).total_seconds()
        try:
            async with asyncio.timeout(left):
                return await self.follower.first_pending()
        except TimeoutError:
            raise _expired() from None

    async def _pass_gate(self, event: Event) -> None:
        if self.context.chat.clock.now() >= self.expires_at:
            raise _expired()
        standing = await event.loaders.standings.load(self.scope.agent_id)
        admitted(standing.viewer if standing is not None else None)

    async def _next_page(self, cursor: int) -> _Page:
        feed, target = self.feed, self.feed.position
        if cursor >= feed.floor:
            return _Page(feed.between(cursor, target), target, was_read_for_scope=False)
        sessions = self.hub.sessions
        facts = await read_scope(sessions, feed.account_id, self.scope, cursor, target)
        if not await is_kept(sessions, feed.account_id, cursor + 1):
            raise resync()
        reached = facts[-1].change.change if len(facts) == BATCH else target
        return _Page(facts, reached, was_read_for_scope=True)


@asynccontextmanager
async def following(context: StreamContext, scope: Scope) -> AsyncIterator[Following]:
    """Yields the stream's place in the feed: whatever commits after this moment will reach it."""
    identity = agent_of(context.identity)
    async with context.hub.follow(identity.account_id, scope.topics) as (feed, follower):
        yield Following(context.hub, feed, follower, scope, context, identity.expires_at)


def _expired() -> Denied:
    return Denied(DenialCode.UNAUTHENTICATED, "The token has expired: sign in again.")
