"""Sharing the connections of the pool, so that no account takes them from the others, and no write from the reads.

A transaction may hold its connection for seconds while it waits for a lock. So transactions get one half of the
connections, and statements that wait for nothing get the other. Of each half, an account gets at most half.
"""

import asyncio
from asyncio import Semaphore
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from weakref import WeakValueDictionary


class Share:
    """A number of connections, of which each account can have half at a time."""

    def __init__(self, connections: int, wait_seconds: float) -> None:
        self._connections = Semaphore(connections)
        self._per_account = max(1, connections // 2)
        self._wait_seconds = wait_seconds
        self._accounts: WeakValueDictionary[str, Semaphore] = WeakValueDictionary()
        self._of_no_account = Semaphore(connections)
        self.size = connections
        self.in_use = 0
        self.waiting = 0
        """How many callers wait for a connection."""

    @asynccontextmanager
    async def held(self, account_id: str | None) -> AsyncIterator[None]:
        """Waits until the account, or work that belongs to no account, may use a connection. Raises TimeoutError."""
        account = self._of(account_id) if account_id is not None else self._of_no_account
        self.waiting += 1
        try:
            await self._acquire(account)
        finally:
            self.waiting -= 1
        self.in_use += 1
        try:
            yield
        finally:
            self.in_use -= 1
            self._connections.release()
            account.release()

    async def _acquire(self, account: Semaphore) -> None:
        """Raises TimeoutError."""
        async with asyncio.timeout(self._wait_seconds):
            # An account that waits for its own connections is not yet in the queue with the others.
            await account.acquire()
            try:
                await self._connections.acquire()
            except BaseException:
                account.release()
                raise

    def _of(self, account_id: str) -> Semaphore:
        """Returns the account's semaphore, which exists as long as somebody uses it."""
        semaphore = self._accounts.get(account_id)
        if semaphore is None:
            semaphore = self._accounts[account_id] = Semaphore(self._per_account)
        return semaphore
