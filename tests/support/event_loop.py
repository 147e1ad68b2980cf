"""How long the event loop of a test is blocked."""

import asyncio
import gc
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


class Blocking:
    """The longest time for which the event loop's thread computed while a task was due that sleeps for a millisecond at
    a time. It is the thread's CPU time, because other processes of the machine delay the task too."""

    def __init__(self) -> None:
        self.longest = 0.0

    async def measure(self) -> None:
        while True:
            begun = time.thread_time()
            await asyncio.sleep(0.001)
            self.longest = max(self.longest, time.thread_time() - begun)


@asynccontextmanager
async def measured_blocking() -> AsyncIterator[Blocking]:
    """Measures until the end of the block, without garbage collections, which would take the longest in a process that
    runs many tests."""
    blocking = Blocking()
    gc.collect()
    gc.disable()
    task = asyncio.create_task(blocking.measure())
    try:
        await asyncio.sleep(0.01)
        blocking.longest = 0.0
        yield blocking
        await asyncio.sleep(0.005)
    finally:
        task.cancel()
        gc.enable()
