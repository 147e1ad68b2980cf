"""Which reads of one set of loaders are under way, for what must come after all of them."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

ROUNDS = 24
"""Of the event loop. Between the end of a read and the beginning of one that follows from it resolvers wake and a batch
fills: that takes three to five."""


class Reads:
    """Opens the sessions that loaders read with."""

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
        """Returns once no read is under way and none has followed from the last; to all who wait at the same moment, so
        that they fill one batch."""
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
