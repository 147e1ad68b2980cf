"""uvicorn's protocols for requests and WebSockets, with limits on clients that do not read or do not finish a request.

If a client stops reading, the server reads nothing more from it, so its buffers stay small, and soon aborts the
connection. A client that does not send a complete head loses the connection as well.
"""

import asyncio
from http import HTTPStatus
from typing import Any

import structlog
from uvicorn._types import ASGIReceiveEvent
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.exceptions import InvalidState

from server.http.close_codes import CloseCode
from server.http.extensions import ABORT_EXTENSION, PEER_EXTENSION, SEND_EXTENSION

ABORT_DELAY_SECONDS = 5.0
"""How long the client of an aborted socket has to read the close frame."""

LINGER_SECONDS = 15.0
"""How long a socket's connection may stay open after the application has finished. uvicorn waits 10 seconds for the
client's close frame, and then for the client to read what was sent, without a limit."""

HEAD_BYTES = 65_536
"""The maximum size of a request's head. The parser has no limit."""

log = structlog.get_logger(__name__)


class SlowClientProtocol(asyncio.Protocol):
    """Aborts the connection of a client that does not read. The base of this server's two protocols."""

    send_seconds = 20.0
    """A client that reads nothing for this long is disconnected. It resumes from its last position."""

    _abort_timer: asyncio.TimerHandle | None = None

    def pause_writing(self) -> None:
        super().pause_writing()
        self._abort_timer = asyncio.get_running_loop().call_later(self.send_seconds, self._abort_slow_client)

    def resume_writing(self) -> None:
        super().resume_writing()
        self._cancel_abort()

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        self._cancel_abort()

    def _abort(self) -> None:
        """Ends the connection, even if the client does not read."""
        raise NotImplementedError

    def _abort_slow_client(self) -> None:
        log.info("slow_client_cut_off")
        self._abort()

    def _cancel_abort(self) -> None:
        if self._abort_timer is not None:
            self._abort_timer.cancel()


class SocketProtocol(SlowClientProtocol, WebSocketsSansIOProtocol):
    """uvicorn's protocol for WebSockets, with two extensions. It reads nothing while the client does not read, because
    the answers to pings are written at once, however much is unread. Another reason not to read is uvicorn's
    `read_paused`: a message waits for the application."""

    _linger_timer: asyncio.TimerHandle | None = None

    def pause_writing(self) -> None:
        super().pause_writing()
        self.transport.pause_reading()

    def resume_writing(self) -> None:
        super().resume_writing()
        if not self.read_paused and not self.transport.is_closing():
            self.transport.resume_reading()

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        if self._linger_timer is not None:
            self._linger_timer.cancel()

    async def receive(self) -> ASGIReceiveEvent:
        message = await super().receive()
        if not self.writable.is_set() and not self.transport.is_closing():
            # uvicorn resumes reading once the application has received all messages.
            self.transport.pause_reading()
        return message

    async def run_asgi(self) -> None:
        extensions: dict[str, Any] = self.scope["extensions"]
        extensions[ABORT_EXTENSION] = self.transport.abort
        extensions[SEND_EXTENSION] = self._send_now
        extensions[PEER_EXTENSION] = self.client
        await super().run_asgi()
        if not self.disconnected:
            self._linger_timer = self.loop.call_later(LINGER_SECONDS, self.transport.abort)

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
    """uvicorn's protocol for HTTP requests, with the abort extension, and with limits on the time that a request's head
    takes and on its size. uvicorn limits only the time without any data between two requests."""

    head_seconds = 10.0
    """How long a head may take to arrive: from the connection, or from the first byte of a later request."""

    _head_timer: asyncio.TimerHandle | None = None
    _bytes_beside_body = 0
    """How many bytes have arrived since the last head was complete, or since the last part of a body. Trailers count as
    heads do."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._expect_head()

    def data_received(self, data: bytes) -> None:
        if self._head_timer is None and self.cycle is not None and self.cycle.response_complete:
            self._expect_head()
        self._bytes_beside_body += len(data)
        super().data_received(data)
        if self._bytes_beside_body > HEAD_BYTES:
            self._refuse(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE)

    def on_message_begin(self) -> None:
        super().on_message_begin()
        extensions: dict[str, Any] = {ABORT_EXTENSION: self.transport.abort, PEER_EXTENSION: self.client}
        self.scope["extensions"] = extensions

    def on_headers_complete(self) -> None:
        self._cancel_head_timer()
        self._bytes_beside_body = 0
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        self._bytes_beside_body = 0
        super().on_body(body)

    def on_message_complete(self) -> None:
        self._bytes_beside_body = 0
        super().on_message_complete()

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        self._cancel_head_timer()

    def _abort(self) -> None:
        self.transport.abort()

    def _expect_head(self) -> None:
        self._head_timer = self.loop.call_later(self.head_seconds, self._refuse, HTTPStatus.REQUEST_TIMEOUT)

    def _refuse(self, status: HTTPStatus) -> None:
        """Closes the connection. Sends the status, unless a response is being sent."""
        if self.transport.is_closing():
            return
        if self.cycle is None or self.cycle.response_complete:
            line = f"HTTP/1.1 {status} {status.phrase}"
            self.transport.write(f"{line}\r\nconnection: close\r\ncontent-length: 0\r\n\r\n".encode())
        self.transport.close()

    def _cancel_head_timer(self) -> None:
        if self._head_timer is not None:
            self._head_timer.cancel()
            self._head_timer = None
