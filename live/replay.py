"""Reading a feed for one stream: first the changes that it missed, from the database, then the live ones, without a gap
or a duplicate in between, and with the viewer's admission checked for every event."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import NamedTuple
from uuid import UUID

from chat.change_kinds import PEOPLE_KINDS
from chat.errors import DenialCode, Denied
from chat.identity import AgentToken
from chat.ports import Clock
from chat.viewer import require_enabled
from live.change_statements import BATCH
from live.changes import days_after, read_scope
from live.days import Days
from live.feed import Feed
from live.hub import Hub
from live.positions import resync_required
from live.records import ChangeEvent, ChangeRecord
from live.scopes import Scope
from live.subscriber import Subscriber


class _Page(NamedTuple):
    """Changes up to `reached`. A page that was read for a scope holds only the changes that concerned it then."""

    records: Sequence[ChangeRecord]
    reached: int
    was_read_for_scope: bool


@dataclass(frozen=True)
class FeedReader:
    """Reads an account's feed for one stream."""

    hub: Hub
    clock: Clock
    token: AgentToken
    scope: Scope
    feed: Feed
    subscriber: Subscriber
    registered_at: int
    """The position of the feed when the stream was registered."""

    def add_channel(self, channel_id: UUID) -> None:
        """Adds the channel's changes to the scope."""
        self.scope.channel_ids.add(channel_id)
        self.feed.add_topic(self.subscriber, channel_id)

    def remove_channel(self, channel_id: UUID) -> None:
        """Removes the channel's changes from the scope."""
        self.scope.channel_ids.discard(channel_id)
        self.feed.remove_topic(self.subscriber, channel_id)

    async def events_after(self, start: int) -> AsyncGenerator[ChangeEvent, None]:
        """Yields every event of the scope after the change `start`, in order and indefinitely. The caller may change
        the scope after each event.

        Raises Denied: AGENT_INACTIVE or MODULE_DISABLED once the viewer is no longer admitted, UNAUTHENTICATED when
        the token expires, RESYNC_REQUIRED for a stream that is so far behind that its changes are no longer kept.
        """
        cursor = start
        while True:
            if cursor >= self.feed.position:
                # The scope contains no change between the cursor and the one that wakes the subscriber.
                cursor = max(cursor, await self.subscriber.first_pending() - 1)
                continue
            page = await self._next_page(cursor)
            cursor = page.reached
            for record in page.records:
                if not self.scope.contains(record):
                    continue
                event = self.feed.event(record)
                await self._check_admission(event)
                read_for = frozenset(self.scope.channel_ids) if page.was_read_for_scope else None
                yield event
                if read_for is not None and not self.scope.channel_ids <= read_for:
                    # The event added a channel that the page was read without: read again from here.
                    cursor = event.change.change
                    break

    async def _check_admission(self, event: ChangeEvent) -> None:
        if self.clock.now() >= self.token.expires_at:
            raise _token_expired()
        snapshot = await event.loaders.viewers.load(self.token.agent_id)
        require_enabled(snapshot.viewer if snapshot is not None else None)

    def _missed_change_of_agents(self, cursor: int) -> bool:
        """Returns whether agents were changed after the cursor, before this stream was registered. The feed has read
        which of the channels that were followed then are concerned."""
        missed = self.feed.between(cursor, max(cursor, self.registered_at))
        return any(record.change.kind in PEOPLE_KINDS for record in missed)

    async def _next_page(self, cursor: int) -> _Page:
        feed, target, last_day = self.feed, self.feed.position, self.feed.last_day
        if cursor >= feed.floor and not self._missed_change_of_agents(cursor):
            return _Page(feed.between(cursor, target), target, was_read_for_scope=False)
        database = self.hub.database
        days = await days_after(database, feed.account_id, cursor)
        if days is None:
            raise resync_required()
        days = Days(days.first, last_day)
        records = await read_scope(database, feed.account_id, self.scope, cursor, target, days)
        # If not, some of the changes may have been pruned before they were read.
        if await days_after(database, feed.account_id, cursor, days) is None:
            raise resync_required()
        reached = records[-1].change.change if len(records) == BATCH else target
        return _Page(records, reached, was_read_for_scope=True)


@asynccontextmanager
async def read_feed(hub: Hub, clock: Clock, token: AgentToken, scope: Scope, current: int) -> AsyncIterator[FeedReader]:
    """Registers a stream with its account's feed and yields its reader: it receives every change that
    commits from now on. `current` is the account's last change as the caller has read it. Results that other streams
    read before that change are not used for this stream."""
    async with hub.subscribe(token, scope.topics) as (feed, subscriber):
        feed.invalidate_before(current)
        registered_at = feed.position
        seconds_left = (token.expires_at - clock.now()).total_seconds()
        expiry = asyncio.get_running_loop().call_later(seconds_left, subscriber.end, _token_expired())
        try:
            yield FeedReader(hub, clock, token, scope, feed, subscriber, registered_at)
        finally:
            expiry.cancel()


def _token_expired() -> Denied:
    return Denied(DenialCode.UNAUTHENTICATED, "The token has expired. Sign in again.")
