"""Replay, then live: one pass over the account's order of changes, without a gap or a repetition at the seam."""

from collections.abc import AsyncIterator

from sqlalchemy import select
from sqlmodel import col

from chat.errors import DenialCode, Denied
from chat.positions import decode_position
from chat.viewer import Viewer
from loaders import Loaders
from models import Change
from subscriptions.feed import Event, Feed
from subscriptions.hub import Hub

REPLAY_LIMIT = 10_000
"""A position further behind than this gets RESYNC_REQUIRED: fetching anew is cheaper."""

REPLAY_PAGE = 100


async def follow_changes(hub: Hub, feed: Feed, start: int) -> AsyncIterator[Event]:
    """Yields every change of the account after `start`, in order, for good. The caller follows the feed already, so
    whatever commits meanwhile is either read here or comes through the feed."""
    cursor = start
    while True:
        events = await _replay(hub, feed, cursor) if cursor < feed.floor else feed.after(cursor)
        for event in events:
            yield event
            cursor = event.change.change
        if not events:
            await feed.wait_beyond(cursor)


async def starting_change(hub: Hub, viewer: Viewer, now: int, since: str | None) -> int:
    """Returns the change to start after; raises Denied BAD_USER_INPUT, or RESYNC_REQUIRED for a position that is too
    old, or ahead of the account (a database that was restored)."""
    if since is None:
        return now
    start = decode_position(since, viewer.account_id)
    if start > now or now - start > REPLAY_LIMIT or not await _is_kept(hub, viewer.account_id, start, now):
        raise Denied(DenialCode.RESYNC_REQUIRED, "This position cannot be resumed from: fetch anew, then subscribe.")
    return start


async def _is_kept(hub: Hub, account_id: str, start: int, now: int) -> bool:
    """Old changes are pruned from the start, so the first one wanted tells for all."""
    if start == now:
        return True
    async with hub.sessions() as session:
        found = await session.scalar(
            select(col(Change.change)).where(col(Change.account_id) == account_id, col(Change.change) == start + 1)
        )
    return found is not None


async def _replay(hub: Hub, feed: Feed, cursor: int) -> list[Event]:
    async with hub.sessions() as session:
        changes = (
            await session.scalars(
                select(Change)
                .where(col(Change.account_id) == feed.account_id, col(Change.change) > cursor)
                .order_by(col(Change.change))
                .limit(REPLAY_PAGE)
            )
        ).all()
    if not changes or changes[0].change != cursor + 1:
        raise Denied(DenialCode.RESYNC_REQUIRED, "This position cannot be resumed from: fetch anew, then subscribe.")
    return [Event(change, Loaders(hub.sessions, feed.account_id)) for change in changes]
