"""The only file that uses `broadcaster`. It owns the process's one subscription to the one topic, and supervises it.

If the broker dies, its subscriber receives no exception, only silence. So heartbeats are published and must come back.
If one does not, the connection is discarded and a new one is made. Messages are wake-ups, which may be lost:
PostgreSQL is the source of truth.
"""

import asyncio
import random
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from urllib.parse import urlsplit
from uuid import uuid4

import structlog
from broadcaster import Broadcast
from broadcaster import Event as BroadcastMessage
from broadcaster._backends.base import BroadcastBackend
from broadcaster._backends.memory import MemoryBackend
from broadcaster._backends.postgres import PostgresBackend as StockPostgresBackend
from redis.asyncio import Redis

TOPIC = "internal_chat"
QUEUE_LIMIT = 10_000
"""How many messages may wait to be published. Beyond that, the oldest are dropped."""

HEARTBEAT_SECONDS = 0.5
ECHO_SECONDS = 2.0
"""How long a heartbeat may take to come back."""

CONNECT_SECONDS = 5.0
BACKOFF_SECONDS = (0.1, 2.0)
"""The first and the longest pause before a new connection; each pause is jittered."""

log = structlog.get_logger(__name__)


@dataclass
class BroadcastCounts:
    """What has happened since the start of the process."""

    connections: int = 0
    """How many connections were made that worked."""

    failures: int = 0
    """How many connections failed, or could not be made."""

    lost_heartbeats: int = 0
    """How many heartbeats did not come back in time. Each one is also a failure."""

    dropped_messages: int = 0
    """How many messages were dropped because too many waited, or because they were outdated after an interruption."""


class BroadcastClient:
    """`on_message` receives every message of the topic, including those of this process. `on_reconnect` is called when
    messages may have been lost. Neither may block."""

    def __init__(self, url: str, on_message: Callable[[str], None], on_reconnect: Callable[[], None]) -> None:
        self._url = url
        self._on_message = on_message
        self._on_reconnect = on_reconnect
        self._queue: deque[str] = deque(maxlen=QUEUE_LIMIT)
        self._queued = asyncio.Event()
        self._heartbeat = ""
        self._echoed = asyncio.Event()
        self.counts = BroadcastCounts()
        self.healthy = False
        """Whether the last heartbeat came back in time."""

    async def run(self) -> None:
        """Keeps a connection until it is cancelled."""
        first, longest = BACKOFF_SECONDS
        pause = first
        while True:
            try:
                await self._connection()
            except* Exception as failures:
                self.counts.failures += 1
                log.warning("broadcast_lost", reason=_reason(failures), was_healthy=self.healthy)
            pause = first if self.healthy else min(pause * 2, longest)
            self.healthy = False
            await asyncio.sleep(pause * random.uniform(0.5, 1.5))  # noqa: S311 (jitter, not a secret)

    def publish(self, message: str) -> None:
        """Queues the message for the publisher and returns immediately."""
        if len(self._queue) == QUEUE_LIMIT:
            self.counts.dropped_messages += 1
        self._queue.append(message)
        self._queued.set()

    async def _connection(self) -> None:
        """Opens one connection and uses it until it fails. Always ends by raising an exception."""
        backend = _backend(self._url)
        broadcast = Broadcast(backend=backend)
        try:
            async with asyncio.timeout(CONNECT_SECONDS):
                await broadcast.connect()
            async with asyncio.TaskGroup() as tasks:
                subscribed = asyncio.Event()
                tasks.create_task(self._receive(broadcast, subscribed))
                async with asyncio.timeout(CONNECT_SECONDS):
                    await subscribed.wait()
                # Messages queued without a connection are outdated: clocks will be compared, and typing has ended.
                self.counts.dropped_messages += len(self._queue)
                self._queue.clear()
                tasks.create_task(self._publish(broadcast))
                tasks.create_task(self._send_heartbeats())
        finally:
            await _discard(broadcast, backend)

    async def _receive(self, broadcast: Broadcast, subscribed: asyncio.Event) -> None:
        async with broadcast.subscribe(TOPIC) as subscriber:
            subscribed.set()
            while True:
                message = (await subscriber.get()).message
                if message == self._heartbeat:
                    self._echoed.set()
                elif not message.startswith("beat:"):
                    self._on_message(message)

    async def _publish(self, broadcast: Broadcast) -> None:
        """Publishes one message at a time: concurrent publishes on PostgreSQL's single connection raise."""
        while True:
            await self._queued.wait()
            self._queued.clear()
            while self._queue:
                await broadcast.publish(TOPIC, self._queue.popleft())

    async def _send_heartbeats(self) -> None:
        while True:
            self._heartbeat = f"beat:{uuid4().hex}"
            self._echoed.clear()
            self._queue.appendleft(self._heartbeat)
            self._queued.set()
            await self._wait_for_echo()
            if not self.healthy:
                self.healthy = True
                self.counts.connections += 1
                log.info("broadcast_ready")
                self._on_reconnect()
            await asyncio.sleep(HEARTBEAT_SECONDS)

    async def _wait_for_echo(self) -> None:
        """Raises TimeoutError."""
        try:
            async with asyncio.timeout(ECHO_SECONDS):
                await self._echoed.wait()
        except TimeoutError:
            self.counts.lost_heartbeats += 1
            raise


class PostgresBackend(StockPostgresBackend):
    """broadcaster's backend, except that it disconnects without waiting for a server that may no longer answer."""

    async def disconnect(self) -> None:
        self._conn.terminate()

    async def unsubscribe(self, channel: str) -> None:
        """Does nothing: the connection ends with the subscription."""


class RedisBackend(BroadcastBackend):
    """Replaces broadcaster's backend, which reports that it is ready before it has sent SUBSCRIBE and then receives
    nothing."""

    def __init__(self, url: str) -> None:
        self._redis: Redis = Redis.from_url(url)
        self._pubsub = self._redis.pubsub(ignore_subscribe_messages=True)
        self._subscribed = asyncio.Event()

    async def connect(self) -> None:
        await self._redis.ping()

    async def disconnect(self) -> None:
        await self._pubsub.aclose()  # type: ignore[no-untyped-call]
        await self._redis.aclose()

    async def subscribe(self, group: str) -> None:
        await self._pubsub.subscribe(group)
        self._subscribed.set()

    async def unsubscribe(self, group: str) -> None:
        """Does nothing: the connection ends with the subscription."""

    async def publish(self, channel: str, message: str) -> None:
        await self._redis.publish(channel, message)

    async def next_published(self) -> BroadcastMessage:
        await self._subscribed.wait()
        while True:
            message = await self._pubsub.get_message(timeout=None)
            if message is not None:
                return BroadcastMessage(message["channel"].decode(), message["data"].decode())


async def broker_answers(url: str) -> bool:
    """Returns whether a message passes through the broker in time."""
    ready = asyncio.Event()
    running = asyncio.create_task(BroadcastClient(url, lambda _: None, ready.set).run())
    try:
        async with asyncio.timeout(CONNECT_SECONDS):
            await ready.wait()
    except TimeoutError:
        return False
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
    return True


def _backend(url: str) -> BroadcastBackend:
    match urlsplit(url).scheme:
        case "redis" | "rediss":
            return RedisBackend(url)
        case "postgres" | "postgresql":
            return PostgresBackend(url)
        case _:
            return MemoryBackend(url)


async def _discard(broadcast: Broadcast, backend: BroadcastBackend) -> None:
    """Closes the connection. `broadcast.disconnect` does not reach the backend if its listener failed or never started,
    so the backend is closed as well. A connection to a dead broker may not close at all; in that case it is
    abandoned."""
    for disconnect in (broadcast.disconnect, backend.disconnect):
        with suppress(Exception):
            async with asyncio.timeout(1):
                await disconnect()


def _reason(failures: BaseExceptionGroup[Exception]) -> str:
    first: BaseException = failures
    while isinstance(first, BaseExceptionGroup):
        first = first.exceptions[0]
    return "no echo" if isinstance(first, TimeoutError) else type(first).__name__
