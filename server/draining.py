"""Leaving without a crowd: a server that stops says so first, then sends its sockets away over some seconds, so that
their clients do not all arrive at the next replica at once."""

import asyncio
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import uvicorn
from strawberry.http.async_base_view import AsyncWebSocketAdapter

SERVICE_RESTART = 1012
STEPS = 20


class Sockets:
    """The open sockets of the process, and whether it is leaving."""

    def __init__(self) -> None:
        self.draining = False
        self._open: set[AsyncWebSocketAdapter] = set()

    @contextmanager
    def open(self, websocket: AsyncWebSocketAdapter) -> Iterator[None]:
        self._open.add(websocket)
        try:
            yield
        finally:
            self._open.discard(websocket)

    async def drain(self, seconds: float) -> None:
        """Closes every socket with 1012, a twentieth at a time, and takes all of the time, so that a load balancer
        sees it coming; clients reconnect and go on from their position."""
        self.draining = True
        leaving = list(self._open)
        if not leaving:
            return
        for step in range(STEPS):
            await asyncio.gather(*(_close(websocket) for websocket in leaving[step::STEPS]))
            await asyncio.sleep(seconds / STEPS)


async def _close(websocket: AsyncWebSocketAdapter) -> None:
    with suppress(Exception):
        async with asyncio.timeout(1):
            await websocket.close(SERVICE_RESTART, "Service restart")


class DrainingServer(uvicorn.Server):
    """uvicorn, which drains before it shuts down; requests on their way are answered meanwhile."""

    def __init__(self, config: uvicorn.Config, sockets: Sockets, drain_seconds: float) -> None:
        super().__init__(config)
        self._sockets = sockets
        self._drain_seconds = drain_seconds

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        await self._sockets.drain(self._drain_seconds)
        await super().shutdown(sockets)
