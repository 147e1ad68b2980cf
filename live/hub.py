"""The hub of a process: it is notified of accounts' new changes, reads them once, and wakes the streams."""

import asyncio
import random
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager, suppress
from contextvars import Context
from dataclasses import dataclass
from time import monotonic
from uuid import uuid4
from weakref import WeakValueDictionary

import structlog

from chat.identity import AgentToken
from chat.ports import Signal
from live.broadcast import BroadcastClient, BroadcastCounts
from live.changes import Clock, read_clocks, read_next
from live.days import Days
from live.envelopes import Ephemeral, WakeUp, decode, encode
from live.feed import Feed
from live.records import Topic
from live.signals import Signals
from live.subscriber import Subscriber
from loaders import DataSources
from loaders.batches import DATABASE_FAILURES

CHECK_SECONDS = 1.0
"""How often the accounts' clocks are compared with the database. A lost wake-up delays an event by at most this
time."""

READ_SECONDS = 3.0
"""How long a read of changes may take. A connection that died silently must not stop the hub."""

log = structlog.get_logger(__name__)


@dataclass
class _ServedAccount:
    """An account that has streams in this process. Its feed exists as long as it has subscribers."""

    feed: Feed
    subscribers: int = 0
    reader: asyncio.Task[None] | None = None


class Hub:
    """Receives wake-ups and signals, from this process (it implements chat.ports.WakeUps) and through the broadcast,
    and passes them to the streams of this process."""

    def __init__(self, data: DataSources, broadcast_url: str) -> None:
        self.data = data
        self.database = data.database
        self.signals = Signals(data)
        self._process = uuid4().hex
        self._broadcast = BroadcastClient(broadcast_url, self._on_message, self._on_reconnect)
        self._served: dict[str, _ServedAccount] = {}
        self._opening: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        self._readers: asyncio.TaskGroup | None = None
        """Set while the hub runs."""
        self._check_now = asyncio.Event()
        self.failed_reads = 0
        """How many reads of changes or clocks have failed since the start of the process."""

        self.compared_at = monotonic()
        """When the clocks of the served accounts were last compared with the database, or no account was served."""

    async def run(self) -> None:
        """Runs until it is cancelled."""
        try:
            async with asyncio.TaskGroup() as self._readers:
                self._check_now.set()
                self._readers.create_task(self._broadcast.run())
                self._readers.create_task(self._check_clocks())
        finally:
            self._readers = None

    @property
    def broadcast_is_healthy(self) -> bool:
        return self._broadcast.healthy

    @property
    def broadcast_counts(self) -> BroadcastCounts:
        return self._broadcast.counts

    @property
    def served_accounts(self) -> int:
        """How many accounts have streams in this process."""
        return len(self._served)

    @property
    def unread_changes(self) -> int:
        """How many changes are known to exist and have not been read yet."""
        return sum(max(0, served.feed.target - served.feed.position) for served in self._served.values())

    def stream_count(self, account_id: str) -> int:
        """Returns how many streams of this process are registered for the account. A registered stream misses no later
        change and no later signal: streams of signals register for signals first."""
        served = self._served.get(account_id)
        return served.subscribers if served is not None else 0

    def changed(self, account_id: str, change: int) -> None:
        self._wake(account_id, change)
        self._broadcast.publish(encode(WakeUp(account_id, change)))

    def signal(self, signal: Signal) -> None:
        self.signals.deliver(signal)
        self._broadcast.publish(encode(Ephemeral(signal, self._process)))

    @asynccontextmanager
    async def subscribe(self, token: AgentToken, topics: Iterable[Topic]) -> AsyncIterator[tuple[Feed, Subscriber]]:
        """Yields the account's feed and the agent's registration with it: every change that commits from now on will be
        in it."""
        account_id = token.account_id
        served = await self._serve(account_id)
        subscriber = Subscriber(token.agent_id, topics)
        served.subscribers += 1
        served.feed.add(subscriber)
        try:
            yield served.feed, subscriber
        finally:
            served.feed.remove(subscriber)
            served.subscribers -= 1
            if served.subscribers == 0 and self._served.get(account_id) is served:
                del self._served[account_id]
                if served.reader is not None:
                    served.reader.cancel()

    async def _serve(self, account_id: str) -> _ServedAccount:
        """Creates the account's feed if there is none. The lock ensures that concurrent first subscribers create only
        one."""
        async with self._opening.setdefault(account_id, asyncio.Lock()):
            served = self._served.get(account_id)
            if served is None:
                clocks = await read_clocks(self.database, [account_id])
                feed = Feed(self.data, account_id, clocks.get(account_id, Clock()))
                served = self._served[account_id] = _ServedAccount(feed)
            return served

    def _on_message(self, message: str) -> None:
        match decode(message):
            case WakeUp(account_id, change):
                self._wake(account_id, change)
            case Ephemeral(signal, process) if process != self._process:
                self.signals.deliver(signal)
            case _:
                pass

    def _on_reconnect(self) -> None:
        """Wake-ups may have been lost while the broadcast was down."""
        self._check_now.set()

    def _wake(self, account_id: str, change: int) -> None:
        """Starts reading the account's changes up to this one, unless they are being read already."""
        served = self._served.get(account_id)
        if served is None:
            return
        served.feed.target = max(served.feed.target, change)
        reading = served.reader is not None and not served.reader.done()
        if self._readers is not None and not reading and served.feed.position < served.feed.target:
            # With a context of its own: that of the caller would make the loads of the read part of an execution.
            served.reader = self._readers.create_task(self._read(served.feed), context=Context())

    async def _read(self, feed: Feed) -> None:
        """Reads until the feed has reached its target. After a database failure, reads again."""
        while feed.position < feed.target:
            try:
                async with asyncio.timeout(READ_SECONDS):
                    records = await read_next(
                        self.database, feed.account_id, feed.position, Days.since(feed.day), feed.followed_channels
                    )
            except DATABASE_FAILURES:
                self.failed_reads += 1
                log.warning("feed_read_failed", account_id=feed.account_id)
                await asyncio.sleep(random.uniform(0.1, 0.5))  # noqa: S311 (jitter, not a secret)
                continue
            if not records:
                # There is no such change: the database was restored, or the message was not ours.
                feed.target = feed.position
            await feed.advance(records)

    async def _check_clocks(self) -> None:
        """Compares the clocks of all served accounts with the database, in case a wake-up was lost."""
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(CHECK_SECONDS):
                    await self._check_now.wait()
            self._check_now.clear()
            if not self._served:
                self.compared_at = monotonic()
                continue
            try:
                async with asyncio.timeout(READ_SECONDS):
                    clocks = await read_clocks(self.database, list(self._served))
            except DATABASE_FAILURES:
                self.failed_reads += 1
                log.warning("clock_check_failed")
                continue
            self.compared_at = monotonic()
            for account_id, clock in clocks.items():
                self._wake(account_id, clock.change)
