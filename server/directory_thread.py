"""A thread with an event loop of its own, for the requests of the platform's directory.

A directory of 8,000 agents takes half a second of CPU time: its variables are coerced and converted, and its names are
checked and folded. In the event loop of the other requests, all of them would wait that long.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from concurrent.futures import Future
from contextlib import asynccontextmanager
from contextvars import Context
from dataclasses import dataclass, replace
from threading import Thread
from typing import TypeVar

import uvloop

from chat.ports import Signal, WakeUps
from loaders import DataSources
from schema.context import Services
from server.postgres.pool import ConnectionPool, StatementListener

Result = TypeVar("Result")

CONNECTIONS = 4
"""The calls of one account run one after the other, so there is no use for more."""


class DirectoryThread:
    """Runs coroutines in its event loop. They use connections that belong to that loop."""

    def __init__(self, database_url: str, services: Services, on_statement: StatementListener | None = None) -> None:
        self.pool = ConnectionPool(database_url, CONNECTIONS, on_statement)
        self._services = services

    @asynccontextmanager
    async def started(self) -> AsyncIterator[None]:
        """The thread runs until the end of the block."""
        ready: Future[asyncio.Event] = Future()
        self._own_services = self._services_in_thread(asyncio.get_running_loop())
        thread = Thread(target=uvloop.run, args=(self._serve(ready),), name="directory")
        thread.start()
        stop = await asyncio.wrap_future(ready)
        try:
            yield
        finally:
            self._loop.call_soon_threadsafe(stop.set)
            await asyncio.to_thread(thread.join)

    async def run(self, work: Callable[[Services], Awaitable[Result]]) -> Result:
        """Runs the work in the thread, with the services that it can use there, and returns its result."""

        async def run_in_thread() -> Result:
            return await work(self._own_services)

        return await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(run_in_thread(), self._loop))

    async def _serve(self, ready: "Future[asyncio.Event]") -> None:
        async with self.pool.opened():
            self._loop, stop = asyncio.get_running_loop(), asyncio.Event()
            ready.set_result(stop)
            await stop.wait()

    def _services_in_thread(self, main_loop: asyncio.AbstractEventLoop) -> Services:
        chat = self._services.chat
        wake_ups = _WakeUpsOfLoop(main_loop, chat.wake_ups)
        return Services(
            replace(chat, database=self.pool, wake_ups=wake_ups),
            DataSources(self.pool, chat.cards),
            self._services.public_url,
            self._services.links,
        )


@dataclass(frozen=True)
class _WakeUpsOfLoop:
    """Calls the wake-ups in the event loop that they belong to. Implements chat.ports.WakeUps.

    The context of the caller stays in its thread: it names the resolver that runs there, and whatever loads something
    in that context becomes part of the resolver's execution."""

    loop: asyncio.AbstractEventLoop
    wake_ups: WakeUps

    def changed(self, account_id: str, change: int) -> None:
        self.loop.call_soon_threadsafe(self.wake_ups.changed, account_id, change, context=Context())

    def signal(self, signal: Signal) -> None:
        self.loop.call_soon_threadsafe(self.wake_ups.signal, signal, context=Context())
