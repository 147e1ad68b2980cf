"""Subscriptions as server-sent events (graphql-sse, distinct connections mode), for clients that cannot open a
WebSocket."""

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
    """Ends lines with LF. strawberry uses CRLF, which the specification allows but some gateways cannot parse."""

    def encode_event(self, event: str, data: str | None = None) -> str:
        return super().encode_event(event, data).replace("\r\n", "\n")

    def encode_comment(self, comment: str) -> str:
        return super().encode_comment(comment).replace("\r\n", "\n")


class EventStreamResponse(StreamingResponse):
    """A streaming response that is one of the process's long-lived connections."""

    def __init__(self, events: AsyncIterator[str], headers: Mapping[str, str], open_connections: Connections) -> None:
        super().__init__(events, headers=headers)
        self._connections = open_connections

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self._scope = scope

        async def send_in_time(message: Message) -> None:
            async with asyncio.timeout(connections.SEND_SECONDS):
                await send(message)

        with self._connections.registered(self):
            try:
                await super().__call__(scope, receive, send_in_time)
            except TimeoutError:
                log.info("slow_client_cut_off")
                self.abort()

    async def close_for_restart(self) -> None:
        """Aborts: clients resume a stream that breaks off, but not one that completed."""
        self.abort()

    def abort(self) -> None:
        connections.abort_connection(self._scope)
