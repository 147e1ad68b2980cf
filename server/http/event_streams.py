"""Server-sent events (graphql-sse, distinct connections) for clients that cannot hold a socket."""

import asyncio
from collections.abc import AsyncIterator, Mapping

import structlog
from starlette.responses import StreamingResponse
from starlette.types import Message, Receive, Scope, Send
from strawberry.http.streaming import SSETransport

from server.http import connections
from server.http.connections import Connections

log = structlog.get_logger(__name__)


class EventStream(SSETransport):
    """Frames with LF alone: CRLF, which the specification allows as well, is more than some gateways parse."""

    def encode_event(self, event: str, data: str | None = None) -> str:
        return super().encode_event(event, data).replace("\r\n", "\n")

    def encode_comment(self, comment: str) -> str:
        return super().encode_comment(comment).replace("\r\n", "\n")


class EventStreamResponse(StreamingResponse):
    """A stream as one of the process's connections."""

    def __init__(self, events: AsyncIterator[str], headers: Mapping[str, str], open_here: Connections) -> None:
        super().__init__(events, headers=headers)
        self._connections = open_here

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self._scope = scope

        async def send_in_time(message: Message) -> None:
            async with asyncio.timeout(connections.SEND_SECONDS):
                await send(message)

        with self._connections.open(self):
            try:
                await super().__call__(scope, receive, send_in_time)
            except TimeoutError:
                log.info("slow_client_cut_off")
                self.cut()

    async def leave(self) -> None:
        """A stream that breaks off is taken up again; one that completed would not be."""
        self.cut()

    def cut(self) -> None:
        connections.cut(self._scope)
