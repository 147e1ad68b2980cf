"""The process's one ear: it learns that accounts moved on, reads what changed once, and wakes the streams."""

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass

import structlog
from sqlalchemy import select
from sqlalchemy.exc import DBAPIError
from sqlmodel import col

from chat.ports import Signal
from loaders import Loaders
from loaders.batches import Sessions
from models import AccountClock, Change
from subscriptions.broadcast import Broadcasting
from subscriptions.envelopes import Ephemeral, WakeUp, decode, encode
from subscriptions.feed import Event, Feed

BATCH = 500
CHECK_SECONDS = 1.0
"""How often the clocks of the accounts served are compared: the longest that a lost wake-up delays an event."""

log = structlog.get_logger(__name__)


@dataclass
class _Served:
    """An account with streams in this process. Its feed lives as long as somebody follows it."""

    feed: Feed
    followers: int = 0
    reader: asyncio.Task[None] | None = None


class Hub:
    """Hears of changes (chat.ports.WakeUps) and serves feeds of them."""

    def __init__(self, sessions: Sessions, broadcast_url: str) -> None:
        self.sessions = sessions
        self._broadcasting = Broadcasting(broadcast_url, self._hear)
        self._served: dict[str, _Served] = {}
        self._opening: dict[str, asyncio.Lock] = {}
        self._checking: asyncio.Task[None] | None = None

    async def start(self) -> None:
        await self._broadcasting.start()
        self._checking = asyncio.create_task(self._check_clocks())

    async def stop(self) -> None:
        tasks = [self._checking, *(served.reader for served in self._served.values())]
        for task in tasks:
            if task is not None:
                task.cancel()
                with suppress(asyncio.CancelledError):
                    await task
        await self._broadcasting.stop()

    def changed(self, account_id: str, change: int) -> None:
        self._wake(account_id, change)
        self._broadcasting.publish(encode(WakeUp(account_id, change)))

    def signal(self, signal: Signal) -> None:
        self._broadcasting.publish(encode(Ephemeral(signal)))

    @asynccontextmanager
    async def follow(self, account_id: str) -> AsyncIterator[Feed]:
        """Yields the account's feed: whatever commits after this moment will come through it."""
        served = await self._open(account_id)
        served.followers += 1
        try:
            yield served.feed
        finally:
            served.followers -= 1
            if served.followers == 0 and self._served.get(account_id) is served:
                del self._served[account_id]
                if served.reader is not None:
                    served.reader.cancel()

    async def _open(self, account_id: str) -> _Served:
        """Many first followers at once make one feed."""
        async with self._opening.setdefault(account_id, asyncio.Lock()):
            if account_id not in self._served:
                async with self.sessions() as session:
                    position = await session.scalar(
                        select(col(AccountClock.change)).where(col(AccountClock.account_id) == account_id)
                    )
                self._served[account_id] = _Served(Feed(account_id, position or 0))
            return self._served[account_id]

    def _hear(self, message: str) -> None:
        match decode(message):
            case WakeUp(account_id, change):
                self._wake(account_id, change)
            case _:
                pass

    def _wake(self, account_id: str, change: int) -> None:
        served = self._served.get(account_id)
        if served is None or change <= served.feed.wanted:
            return
        served.feed.wanted = change
        if served.reader is None or served.reader.done():
            served.reader = asyncio.create_task(self._read(served.feed))

    async def _read(self, feed: Feed) -> None:
        """Reads until the feed has all that it was told of; a database that fails is asked again."""
        while feed.position < feed.wanted:
            try:
                async with self.sessions() as session:
                    changes = (
                        await session.scalars(
                            select(Change)
                            .where(col(Change.account_id) == feed.account_id, col(Change.change) > feed.position)
                            .order_by(col(Change.change))
                            .limit(BATCH)
                        )
                    ).all()
            except (DBAPIError, OSError):
                log.warning("feed_read_failed", account_id=feed.account_id)
                await asyncio.sleep(random.uniform(0.1, 0.5))  # noqa: S311 (jitter, not a secret)
                continue
            feed.advance([Event(change, Loaders(self.sessions, feed.account_id)) for change in changes])
            if not changes:
                return

    async def _check_clocks(self) -> None:
        """A wake-up may get lost; the clocks do not."""
        while True:
            await asyncio.sleep(CHECK_SECONDS)
            if not self._served:
                continue
            try:
                async with self.sessions() as session:
                    clocks = await session.execute(
                        select(col(AccountClock.account_id), col(AccountClock.change)).where(
                            col(AccountClock.account_id).in_(list(self._served))
                        )
                    )
            except (DBAPIError, OSError):
                log.warning("clock_check_failed")
                continue
            for account_id, change in clocks:
                self._wake(account_id, change)
