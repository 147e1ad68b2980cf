"""The only file that knows `broadcaster`: one topic, on which the processes wake each other.

A message is a wake-up and may be lost; PostgreSQL has the truth. Publishing never waits: it hands over to one
publisher task through a bounded queue that drops what does not fit.
"""

import asyncio
from collections.abc import Callable
from contextlib import suppress

import structlog
from broadcaster import Broadcast

TOPIC = "internal-chat"
QUEUE_LIMIT = 10_000

log = structlog.get_logger(__name__)


class Broadcasting:
    def __init__(self, url: str, hear: Callable[[str], None]) -> None:
        """`hear` takes every message of the topic, our own included; it must not wait."""
        self._broadcast = Broadcast(url)
        self._hear = hear
        self._outbox: asyncio.Queue[str] = asyncio.Queue(QUEUE_LIMIT)
        self._tasks: list[asyncio.Task[None]] = []

    async def start(self) -> None:
        await self._broadcast.connect()
        self._tasks = [asyncio.create_task(self._listen()), asyncio.create_task(self._publish())]

    async def stop(self) -> None:
        for task in self._tasks:
            task.cancel()
        for task in self._tasks:
            with suppress(asyncio.CancelledError):
                await task
        await self._broadcast.disconnect()

    def publish(self, message: str) -> None:
        try:
            self._outbox.put_nowait(message)
        except asyncio.QueueFull:
            log.warning("broadcast_dropped")

    async def _listen(self) -> None:
        async with self._broadcast.subscribe(TOPIC) as subscriber:
            async for event in subscriber:  # type: ignore[union-attr]  # its own annotation is wrong
                if event is not None:
                    self._hear(event.message)

    async def _publish(self) -> None:
        while True:
            await self._broadcast.publish(TOPIC, await self._outbox.get())
