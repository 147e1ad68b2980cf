"""Measuring how late the event loop runs what is due: the time for which one callback can make all others wait."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from prometheus_client import CollectorRegistry, Histogram

PERIOD_SECONDS = 0.25
BUCKETS = (0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5)


class LoopLag:
    def __init__(self, registry: CollectorRegistry) -> None:
        self._lag = Histogram(
            "chat_event_loop_lag_seconds",
            f"How late a timer ran that is due every {PERIOD_SECONDS} seconds.",
            buckets=BUCKETS,
            registry=registry,
        )
        self._timer: asyncio.TimerHandle | None = None

    @asynccontextmanager
    async def measured(self) -> AsyncIterator[None]:
        """Measures until the end of the block."""
        loop = asyncio.get_running_loop()
        self._start_timer(loop)
        try:
            yield
        finally:
            if self._timer is not None:
                self._timer.cancel()

    def _start_timer(self, loop: asyncio.AbstractEventLoop) -> None:
        self._timer = loop.call_later(PERIOD_SECONDS, self._measure, loop, loop.time() + PERIOD_SECONDS)

    def _measure(self, loop: asyncio.AbstractEventLoop, due_at: float) -> None:
        self._lag.observe(max(0.0, loop.time() - due_at))
        self._start_timer(loop)
