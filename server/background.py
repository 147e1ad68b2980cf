"""The background parts of the process, which run beside its requests: started, supervised and stopped together."""

import asyncio
import random
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager

import structlog

Part = Callable[[], Awaitable[None]]
"""Runs until it is cancelled. Returning or raising earlier is a failure."""

BACKOFF_SECONDS = (0.1, 10.0)
"""The first and the longest pause before a part is restarted; each pause is jittered."""

HEALTHY_SECONDS = 30.0
"""A part that ran for this long starts again with the first pause."""

log = structlog.get_logger(__name__)


class BackgroundParts:
    """Runs each part in one task group. A part that fails is logged and restarted; the others go on."""

    def __init__(self, parts: Mapping[str, Part]) -> None:
        self._parts = parts
        self._running: set[str] = set()
        self.failures = dict.fromkeys(parts, 0)
        """How often each part has failed or ended, by its name."""

    @property
    def running(self) -> Mapping[str, bool]:
        """Whether each part is running now, by its name."""
        return {name: name in self._running for name in self._parts}

    @asynccontextmanager
    async def started(self) -> AsyncIterator[None]:
        """Runs the parts until the block ends, and returns once all of them have ended."""
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(self._supervise(name, part), name=name) for name, part in self._parts.items()]
            try:
                yield
            finally:
                for task in tasks:
                    task.cancel()

    async def _supervise(self, name: str, part: Part) -> None:
        first, longest = BACKOFF_SECONDS
        pause = first
        loop = asyncio.get_running_loop()
        while True:
            started_at = loop.time()
            self._running.add(name)
            try:
                await part()
                log.error("background_part_ended", part=name)
            except Exception:
                log.exception("background_part_failed", part=name)
            finally:
                self._running.discard(name)
            self.failures[name] += 1
            if loop.time() - started_at > HEALTHY_SECONDS:
                pause = first
            await asyncio.sleep(pause * random.uniform(0.5, 1.5))  # noqa: S311 (jitter, not a secret)
            pause = min(pause * 2, longest)
