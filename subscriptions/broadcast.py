"""The only file that knows `broadcaster`: it owns the one subscription to the one topic, and supervises it.

A broker that dies leaves a subscriber deaf without an exception, so what counts is a heartbeat that echoes. Where it
does not, everything is thrown away and built anew. Messages are wake-ups and may be lost; PostgreSQL has the truth.
"""

import asyncio
import random
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from urllib.parse import urlsplit
from uuid import uuid4

import structlog
from broadcaster import Broadcast
from broadcaster import Event as Heard
from broadcaster._backends.base import BroadcastBackend
from broadcaster._backends.memory import MemoryBackend
from broadcaster._backends.postgres import PostgresBackend as StockPostgresBackend
from redis.asyncio import Redis

TOPIC = "internal_chat"
OUTBOX = 10_000
"""Messages waiting for the broker; past that the oldest are dropped."""

HEARTBEAT_SECONDS = 0.5
ECHO_SECONDS = 2.0
CONNECT_SECONDS = 5.0
BACKOFF_SECONDS = (0.1, 2.0)
"""The first and the longest wait before connecting anew, each jittered."""

log = structlog.get_logger(__name__)


class Broadcasting:
    """`hear` takes every message of the topic, our own included; `reconnected` is called after messages may have
    been missed. Neither may wait."""

    def __init__(self, url: str, hear: Callable[[str], None], reconnected: Callable[[], None]) -> None:
        self._url = url
        self._hear = hear
        self._reconnected = reconnected
        self._outbox: deque[str] = deque(maxlen=OUTBOX)
        self._outgoing = asyncio.Event()
        self._beat = ""
        self._echo = asyncio.Event()
        self._supervisor: asyncio.Task[None] | None = None
        self.healthy = False
        """Whether the last heartbeat came back in time."""

    def start(self) -> None:
        self._supervisor = asyncio.create_task(self._supervise())

    async def stop(self) -> None:
        if self._supervisor is not None:
            self._supervisor.cancel()
            with suppress(asyncio.CancelledError):
                await self._supervisor

    def publish(self, message: str) -> None:
        """Hands the message to the publisher and returns at once."""
        self._outbox.append(message)
        self._outgoing.set()

    async def _supervise(self) -> None:
        first, longest = BACKOFF_SECONDS
        wait = first
        while True:
            try:
                await self._run()
            except* Exception as failures:
                log.warning("broadcast_lost", reason=_reason(failures), was_healthy=self.healthy)
            wait = first if self.healthy else min(wait * 2, longest)
            self.healthy = False
            await asyncio.sleep(wait * random.uniform(0.5, 1.5))  # noqa: S311 (jitter, not a secret)

    async def _run(self) -> None:
        """One life of a connection; raises when it is over."""
        backend = _backend(self._url)
        broadcast = Broadcast(backend=backend)
        try:
            async with asyncio.timeout(CONNECT_SECONDS):
                await broadcast.connect()
            async with asyncio.TaskGroup() as tasks:
                subscribed = asyncio.Event()
                tasks.create_task(self._listen(broadcast, subscribed))
                async with asyncio.timeout(CONNECT_SECONDS):
                    await subscribed.wait()
                # What nobody was there to carry is old: a wake-up is healed by a look, and typing is over.
                self._outbox.clear()
                tasks.create_task(self._publish(broadcast))
                tasks.create_task(self._watch())
        finally:
            await _discard(broadcast, backend)

    async def _listen(self, broadcast: Broadcast, subscribed: asyncio.Event) -> None:
        async with broadcast.subscribe(TOPIC) as subscriber:
            subscribed.set()
            while True:
                self._take((await subscriber.get()).message)

    def _take(self, message: str) -> None:
        if message == self._beat:
            self._echo.set()
        elif not message.startswith("beat:"):
            self._hear(message)

    async def _publish(self, broadcast: Broadcast) -> None:
        """One at a time: two at once raise on PostgreSQL's single connection."""
        while True:
            await self._outgoing.wait()
            self._outgoing.clear()
            while self._outbox:
                await broadcast.publish(TOPIC, self._outbox.popleft())

    async def _watch(self) -> None:
        while True:
            self._beat = f"beat:{uuid4().hex}"
            self._echo.clear()
            self._outbox.appendleft(self._beat)
            self._outgoing.set()
            async with asyncio.timeout(ECHO_SECONDS):
                await self._echo.wait()
            if not self.healthy:
                self.healthy = True
                log.info("broadcast_ready")
                self._reconnected()
            await asyncio.sleep(HEARTBEAT_SECONDS)


class PostgresBackend(StockPostgresBackend):
    """broadcaster's own, which says farewell to a server that may not answer any more."""

    async def disconnect(self) -> None:
        self._conn.terminate()

    async def unsubscribe(self, channel: str) -> None:
        """The connection ends with the subscription."""


class RedisBackend(BroadcastBackend):
    """broadcaster's own says that it is ready before SUBSCRIBE was sent, and then hears nothing."""

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
        """The connection ends with the subscription."""

    async def publish(self, channel: str, message: str) -> None:
        await self._redis.publish(channel, message)

    async def next_published(self) -> Heard:
        await self._subscribed.wait()
        while True:
            message = await self._pubsub.get_message(timeout=None)
            if message is not None:
                return Heard(message["channel"].decode(), message["data"].decode())


def _backend(url: str) -> BroadcastBackend:
    match urlsplit(url).scheme:
        case "redis" | "rediss":
            return RedisBackend(url)
        case "postgres" | "postgresql":
            return PostgresBackend(url)
        case _:
            return MemoryBackend(url)


async def _discard(broadcast: Broadcast, backend: BroadcastBackend) -> None:
    """Closes the backend even where broadcaster does not come to it: its listener failed, or never began. A connection
    to a dead broker may not even close; it is left behind then."""
    for disconnect in (broadcast.disconnect, backend.disconnect):
        with suppress(Exception):
            async with asyncio.timeout(1):
                await disconnect()


def _reason(failures: BaseExceptionGroup[Exception]) -> str:
    first: BaseException = failures
    while isinstance(first, BaseExceptionGroup):
        first = first.exceptions[0]
    return "no echo" if isinstance(first, TimeoutError) else f"{type(first).__name__}: {first}"
