"""Long-lived connections (sockets and event streams): aborting one, and closing all of them before a shutdown.

A client that stops reading must not keep the server's buffers, and must not delay a shutdown. A server that shuts down
closes its connections over some seconds, so that the clients do not all reconnect to the next replica together.
"""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Protocol

import structlog
from starlette.types import Scope
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.exceptions import InvalidState

from server.http.close_codes import CloseCode

SEND_SECONDS = 20.0
"""A client that reads nothing for this long is disconnected. It resumes from its last position."""

ABORT_DELAY_SECONDS = 5.0
"""How long the client of an aborted socket has to read the close frame."""

CLOSE_SECONDS = 1.0
"""How long a connection may take to close before it is aborted."""

DRAIN_STEPS = 20
ABORT_EXTENSION = "internal_chat.abort"
"""The ASGI extension with the function that aborts the connection, even if the client does not read."""

SEND_EXTENSION = "internal_chat.send"
"""The ASGI extension with the function that sends a text to a WebSocket without waiting, if the client keeps up."""

log = structlog.get_logger(__name__)


class SlowClientProtocol(asyncio.Protocol):
    """Aborts the connection of a client that does not read. The base of this server's two protocols."""

    _abort_timer: asyncio.TimerHandle | None = None

    def pause_writing(self) -> None:
        super().pause_writing()
        self._abort_timer = asyncio.get_running_loop().call_later(SEND_SECONDS, self._abort_slow_client)

    def resume_writing(self) -> None:
        super().resume_writing()
        self._cancel_timer()

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        self._cancel_timer()

    def _abort(self) -> None:
        """Ends the connection, even if the client does not read."""
        raise NotImplementedError

    def _abort_slow_client(self) -> None:
        log.info("slow_client_cut_off")
        self._abort()

    def _cancel_timer(self) -> None:
        if self._abort_timer is not None:
            self._abort_timer.cancel()


class SocketProtocol(SlowClientProtocol, WebSocketsSansIOProtocol):
    """uvicorn's protocol for WebSockets, with two extensions."""

    async def run_asgi(self) -> None:
        extensions: dict[str, Any] = self.scope["extensions"]
        extensions[ABORT_EXTENSION] = self._abort
        extensions[SEND_EXTENSION] = self._send_now
        await super().run_asgi()

    def _send_now(self, text: bytes) -> bool:
        """Sends the text and returns True. Sends nothing and returns False if the client reads too slowly or the
        connection is closing. ASGI's `send` goes through several coroutines, which take as long as the write itself."""
        if not self.writable.is_set() or self.close_sent or self.disconnected:
            return False
        try:
            self.conn.send_text(text)
        except InvalidState:
            return False
        self.transport.write(b"".join(self.conn.data_to_send()))
        return True

    def _abort(self) -> None:
        """Queues the close frame behind the data that the client has not read, so the transport is aborted only after a
        delay."""
        if not self.close_sent:
            self.conn.send_close(CloseCode.TRY_AGAIN_LATER, "Client did not read in time")
            self.transport.write(b"".join(self.conn.data_to_send()))
            self.close_sent = True
        self.queue.put_nowait({"type": "websocket.disconnect", "code": CloseCode.TRY_AGAIN_LATER})
        self.loop.call_later(ABORT_DELAY_SECONDS, self.transport.abort)


class RequestProtocol(SlowClientProtocol, HttpToolsProtocol):
    """uvicorn's protocol for HTTP requests, with the abort extension."""

    def on_message_begin(self) -> None:
        super().on_message_begin()
        extensions: dict[str, Any] = {ABORT_EXTENSION: self.transport.abort}
        self.scope["extensions"] = extensions

    def _abort(self) -> None:
        self.transport.abort()


def abort_connection(scope: Scope) -> None:
    """Does nothing without a network connection, as in tests that call the application directly."""
    abort: Callable[[], None] | None = scope.get("extensions", {}).get(ABORT_EXTENSION)
    if abort is not None:
        abort()


def send_now(scope: Scope, text: bytes) -> bool:
    """Sends the text to a WebSocket without waiting. Returns whether it was sent: if not, use ASGI's `send`, which
    waits. Without a network connection, it is never sent."""
    send: Callable[[bytes], bool] | None = scope.get("extensions", {}).get(SEND_EXTENSION)
    return send is not None and send(text)


class Connection(Protocol):
    async def close_for_restart(self) -> None:
        """Closes the connection in a way that makes clients reconnect, here or to another replica."""

    def abort(self) -> None:
        """Ends the connection, even if the client does not read."""


class Connections:
    """The open connections of this process."""

    def __init__(self) -> None:
        self.draining = False
        self._open: set[Connection] = set()

    def __len__(self) -> int:
        return len(self._open)

    @contextmanager
    def registered(self, connection: Connection) -> Iterator[None]:
        self._open.add(connection)
        try:
            yield
        finally:
            self._open.discard(connection)

    async def drain(self, seconds: float) -> None:
        """Closes a twentieth of the connections at a time. Takes the whole time if there are any, so that a load
        balancer notices. A client that does not read is aborted and does not delay the others."""
        self.draining = True
        closing = list(self._open)
        if not closing:
            return
        async with asyncio.TaskGroup() as group:
            for step in range(DRAIN_STEPS):
                for connection in closing[step::DRAIN_STEPS]:
                    group.create_task(_close_or_abort(connection))
                await asyncio.sleep(seconds / DRAIN_STEPS)


async def _close_or_abort(connection: Connection) -> None:
    try:
        async with asyncio.timeout(CLOSE_SECONDS):
            await connection.close_for_restart()
    except Exception:
        # The client does not read, or the connection is closing already.
        connection.abort()
