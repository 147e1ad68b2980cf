"""The connections that stay open, sockets and event streams: how each is cut off, and how all are sent away.

A client that takes nothing must not hold what is meant for it, nor a server that stops. A server that stops sends its
clients away over some seconds, so that they do not all arrive at the next replica at once.
"""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Protocol

from starlette.types import Scope
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

SEND_SECONDS = 20.0
"""A client that takes nothing for so long is cut off; it resumes from its position."""

TRY_AGAIN_LATER = 1013
GRACE_SECONDS = 5.0
"""How long a socket's client may take to read why it was cut off."""

LEAVE_SECONDS = 1.0
STEPS = 20
CUT = "internal_chat.cut"
"""The extension of a connection's scope that ends it whether or not the client reads."""


class SocketProtocol(WebSocketsSansIOProtocol):
    """uvicorn's, which lets the application cut a connection. Its close frame waits behind what the client did not
    read, for a while."""

    async def run_asgi(self) -> None:
        extensions: dict[str, Any] = self.scope["extensions"]
        extensions[CUT] = self._cut
        await super().run_asgi()

    def _cut(self) -> None:
        if not self.close_sent:
            self.conn.send_close(TRY_AGAIN_LATER, "Read faster, or try again later")
            self.transport.write(b"".join(self.conn.data_to_send()))
            self.close_sent = True
        self.queue.put_nowait({"type": "websocket.disconnect", "code": TRY_AGAIN_LATER})
        self.loop.call_later(GRACE_SECONDS, self.transport.abort)


class RequestProtocol(HttpToolsProtocol):
    """uvicorn's, which lets the application cut a connection."""

    def on_message_begin(self) -> None:
        super().on_message_begin()
        extensions: dict[str, Any] = {CUT: self.transport.abort}
        self.scope["extensions"] = extensions


def cut(scope: Scope) -> None:
    """Ends the connection; does nothing where no network is, as in tests that call the application directly."""
    end: Callable[[], None] | None = scope.get("extensions", {}).get(CUT)
    if end is not None:
        end()


class Connection(Protocol):
    async def leave(self) -> None:
        """Tells the client to come back, here or at another server."""

    def cut(self) -> None:
        """Ends the connection, whether or not the client reads."""


class Connections:
    """Those of the process, and whether it is leaving."""

    def __init__(self) -> None:
        self.draining = False
        self._open: set[Connection] = set()

    def __len__(self) -> int:
        return len(self._open)

    @contextmanager
    def open(self, connection: Connection) -> Iterator[None]:
        self._open.add(connection)
        try:
            yield
        finally:
            self._open.discard(connection)

    async def drain(self, seconds: float) -> None:
        """Sends every client away, a twentieth at a time, and takes all of the time, so that a load balancer sees it
        coming; clients reconnect and go on from their position. Those that read nothing delay nobody."""
        self.draining = True
        leaving = list(self._open)
        if not leaving:
            return
        async with asyncio.TaskGroup() as farewells:
            for step in range(STEPS):
                for connection in leaving[step::STEPS]:
                    farewells.create_task(_send_away(connection))
                await asyncio.sleep(seconds / STEPS)


async def _send_away(connection: Connection) -> None:
    try:
        async with asyncio.timeout(LEAVE_SECONDS):
            await connection.leave()
    except Exception:
        # It does not read, or is going anyway.
        connection.cut()
