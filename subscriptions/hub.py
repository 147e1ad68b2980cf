"""The process's one ear: it learns that accounts moved on, reads what changed once, and wakes the streams."""

import asyncio
import random
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from uuid import uuid4
from weakref import WeakValueDictionary

import structlog

from chat.ports import Signal
from loaders import Reading
from loaders.batches import DATABASE_FAILURES
from subscriptions.broadcast import Broadcasting
from subscriptions.changes import read_clocks, read_next
from subscriptions.envelopes import Ephemeral, WakeUp, decode, encode
from subscriptions.feed import Feed, Follower, Topic
from subscriptions.signals import Signals

CHECK_SECONDS = 1.0
"""How often the clocks of the accounts served are compared: the longest that a lost wake-up delays an event."""

READ_SECONDS = 3.0
"""How long the database may take to tell what changed: a connection that died without a word must not deafen us."""

log = structlog.get_logger(__name__)


@dataclass
class _Served:
    """An account with streams in this process. Its feed lives as long as somebody follows it."""

    feed: Feed
    followers: int = 0
    reader: asyncio.Task[None] | None = None


class Hub:
    """Hears of changes and signals (chat.ports.WakeUps), and serves them to the streams of this process."""

    def __init__(self, reading: Reading, broadcast_url: str) -> None:
        self.reading = reading
        self.sessions = reading.sessions
        self.signals = Signals(reading)
        self._process = uuid4().hex
        self._broadcasting = Broadcasting(broadcast_url, self._hear, self._resync)
        self._served: dict[str, _Served] = {}
        self._opening: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        self._checker: asyncio.Task[None] | None = None
        self._check_now = asyncio.Event()

    def start(self) -> None:
        self._broadcasting.start()
        self._checker = asyncio.create_task(self._check_clocks())

    async def stop(self) -> None:
        for task in (self._checker, *(served.reader for served in self._served.values())):
            if task is not None:
                task.cancel()
                with suppress(asyncio.CancelledError):
                    await task
        await self._broadcasting.stop()

    @property
    def broadcast_is_healthy(self) -> bool:
        return self._broadcasting.healthy

    def changed(self, account_id: str, change: int) -> None:
        self._wake(account_id, change)
        self._broadcasting.publish(encode(WakeUp(account_id, change)))

    def signal(self, signal: Signal) -> None:
        self.signals.tell(signal)
        self._broadcasting.publish(encode(Ephemeral(signal, self._process)))

    @asynccontextmanager
    async def follow(self, account_id: str, topics: Iterable[Topic]) -> AsyncIterator[tuple[Feed, Follower]]:
        """Yields the account's feed and a place in it: whatever commits after this moment will come through it."""
        served = await self._open(account_id)
        follower = Follower(topics)
        served.followers += 1
        served.feed.attach(follower)
        try:
            yield served.feed, follower
        finally:
            served.feed.detach(follower)
            served.followers -= 1
            if served.followers == 0 and self._served.get(account_id) is served:
                del self._served[account_id]
                if served.reader is not None:
                    served.reader.cancel()

    async def _open(self, account_id: str) -> _Served:
        """Many first followers at once make one feed."""
        async with self._opening.setdefault(account_id, asyncio.Lock()):
            served = self._served.get(account_id)
            if served is None:
                clocks = await read_clocks(self.sessions, [account_id])
                served = self._served[account_id] = _Served(Feed(self.reading, account_id, clocks.get(account_id, 0)))
            return served

    def _hear(self, message: str) -> None:
        match decode(message):
            case WakeUp(account_id, change):
                self._wake(account_id, change)
            case Ephemeral(signal, process) if process != self._process:
                self.signals.tell(signal)
            case _:
                pass

    def _resync(self) -> None:
        """After the broadcast was away, nobody knows what it would have told."""
        self._check_now.set()

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
                async with asyncio.timeout(READ_SECONDS):
                    facts = await read_next(self.sessions, feed.account_id, feed.position)
            except DATABASE_FAILURES:
                log.warning("feed_read_failed", account_id=feed.account_id)
                await asyncio.sleep(random.uniform(0.1, 0.5))  # noqa: S311 (jitter, not a secret)
                continue
            if not facts:
                # Told of more than there is: a restored database, or a stranger on the topic.
                feed.wanted = feed.position
            feed.advance(facts)

    async def _check_clocks(self) -> None:
        """A wake-up may get lost; the clocks do not."""
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(CHECK_SECONDS):
                    await self._check_now.wait()
            self._check_now.clear()
            if not self._served:
                continue
            try:
                async with asyncio.timeout(READ_SECONDS):
                    clocks = await read_clocks(self.sessions, list(self._served))
            except DATABASE_FAILURES:
                log.warning("clock_check_failed")
                continue
            for account_id, change in clocks.items():
                self._wake(account_id, change)
