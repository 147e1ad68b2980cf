"""Tracks the running reads of one set of loaders, for calls that must wait until all of them are done."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

ROUNDS = 24
"""How many iterations of the event loop must pass without a running read. Between a read and the next one that depends
on it, resolvers resume and a batch is collected, which takes three to five iterations."""


class Reads:
    """Opens the sessions that loaders read with, and counts them."""

    def __init__(self, sessions: async_sessionmaker[AsyncSession]) -> None:
        self._sessions = sessions
        self._running = 0
        self._none_running = asyncio.Event()
        self._none_running.set()
        self._settling: asyncio.Task[None] | None = None

    @asynccontextmanager
    async def session(self) -> AsyncIterator[AsyncSession]:
        self._running += 1
        self._none_running.clear()
        try:
            async with self._sessions() as session:
                yield session
        finally:
            self._running -= 1
            if self._running == 0:
                self._none_running.set()

    async def settled(self) -> None:
        """Waits until no read is running and none has followed the last one. All waiting callers resume in the same
        iteration of the event loop, so that they form one batch."""
        if self._settling is None or self._settling.done():
            self._settling = asyncio.create_task(self._settle())
        await asyncio.shield(self._settling)

    async def _settle(self) -> None:
        quiet = 0
        while quiet < ROUNDS:
            if self._running:
                await self._none_running.wait()
                quiet = 0
            await asyncio.sleep(0)
            quiet += 1
