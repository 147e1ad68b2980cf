"""graphql-transport-ws where the stock handler strays from the protocol, and what a long-lived socket needs beside it:
an end when its token expires, a limit for clients that stop reading, and a place among those who are there."""

import asyncio
from contextlib import ExitStack, suppress
from typing import Any

import structlog
from graphql import GraphQLError
from starlette.websockets import WebSocket
from strawberry.asgi import ASGIWebSocketAdapter
from strawberry.http.exceptions import WebSocketDisconnected
from strawberry.subscriptions.protocols.graphql_transport_ws.handlers import BaseGraphQLTransportWSHandler
from strawberry.subscriptions.protocols.graphql_transport_ws.types import (
    ConnectionInitMessage,
    Message,
    SubscribeMessage,
)

from chat.errors import DenialCode
from chat.identity import AgentToken, Identity
from live.presence import PresenceTracker
from server.http import connections
from server.http.connections import Connections
from subscriptions.context import StreamContext

SERVICE_RESTART = 1012
SIGN_IN = 4403
REASON_BYTES = 123
"""RFC 6455, 5.5: a control frame holds 125 bytes, of which the code takes two."""

STREAMS = 100
"""Operations at a time on one socket."""

MESSAGES = ("connection_init", "ping", "pong", "subscribe", "complete")

log = structlog.get_logger(__name__)


class SocketAdapter(ASGIWebSocketAdapter):
    """A socket as one of the process's connections."""

    ws: WebSocket
    _is_cut = False

    async def send_json(self, message: object) -> None:
        if self._is_cut:
            raise WebSocketDisconnected
        try:
            async with asyncio.timeout(connections.SEND_SECONDS):
                await super().send_json(message)  # type: ignore[arg-type]
        except TimeoutError:
            log.info("slow_client_cut_off")
            self.cut()
            raise WebSocketDisconnected from None

    async def close(self, code: int, reason: str) -> None:
        """Says as much of the reason as a close frame holds."""
        await super().close(code, reason.encode()[:REASON_BYTES].decode(errors="ignore"))

    async def leave(self) -> None:
        await self.close(SERVICE_RESTART, "Service restart")

    def cut(self) -> None:
        self._is_cut = True
        connections.cut(self.ws.scope)


class SocketHandler(BaseGraphQLTransportWSHandler[StreamContext, None]):
    """`open_here` and `presences` are what the process shares: which connections are open, and who is there."""

    context: StreamContext
    websocket: SocketAdapter

    def __init__(self, open_here: Connections, presences: PresenceTracker, **stock: Any) -> None:
        super().__init__(**stock)
        self._connections = open_here
        self._presences = presences

    async def handle(self) -> None:
        with ExitStack() as self.lifetime:
            self.lifetime.enter_context(self._connections.open(self.websocket))
            await super().handle()

    async def handle_task_exception(self, error: Exception) -> None:
        """A client that went away while it was told something is no news."""
        if not isinstance(error, WebSocketDisconnected):
            log.error("socket_failed", exc_info=error)

    async def handle_message(self, message: Message) -> None:
        """Anything that is no message of the protocol ends the socket, and nothing else does."""
        frame: object = message
        if not isinstance(frame, dict) or frame.get("type") not in MESSAGES:
            await self.handle_invalid_message("Not a message of graphql-transport-ws")
        elif frame["type"] in ("subscribe", "complete") and not isinstance(frame.get("id"), str):
            await self.handle_invalid_message("A message lacks its id")
        else:
            await super().handle_message(message)

    async def handle_connection_init(self, message: ConnectionInitMessage) -> None:
        payload: object = message.get("payload")
        if payload is None:
            message = {"type": "connection_init"}
        elif not isinstance(payload, dict):
            await self.handle_invalid_message("Invalid connection init payload")
            return
        await super().handle_connection_init(message)
        if self.connection_acknowledged:
            self._accompany(self.context.authentication)

    async def handle_subscribe(self, message: SubscribeMessage) -> None:
        if not _is_operation(message.get("payload")):
            await self.handle_invalid_message("Not an operation")
            return
        if self.connection_acknowledged and len(self.operations) >= STREAMS:
            await self._refuse(message["id"])
            return
        await super().handle_subscribe(message)

    async def _refuse(self, operation_id: str) -> None:
        text = f"A socket carries {STREAMS} operations at a time: complete one, or open another socket."
        error = GraphQLError(text, extensions={"code": DenialCode.RATE_LIMITED})
        await self.send_message({"id": operation_id, "type": "error", "payload": [error.formatted]})

    @staticmethod
    def _get_pre_execution_close_reason(error: GraphQLError) -> str | None:
        """A mistake in one operation ends that one: its `error` message says what it is."""
        return None

    def _accompany(self, identity: object) -> None:
        if not isinstance(identity, Identity):
            return
        if isinstance(identity, AgentToken):
            self.lifetime.enter_context(self._presences.connected(identity.account_id, identity.agent_id))
        left = (identity.expires_at - self.context.chat.clock.now()).total_seconds()
        expiry = asyncio.get_running_loop().call_later(max(left, 0), self._expire)
        self.lifetime.callback(expiry.cancel)

    def _expire(self) -> None:
        self._expiring = asyncio.create_task(self._close(SIGN_IN, "Token expired"))

    async def _close(self, code: int, reason: str) -> None:
        with suppress(Exception):
            await self.websocket.close(code, reason)


def _is_operation(payload: object) -> bool:
    if not isinstance(payload, dict) or not isinstance(payload.get("query"), str):
        return False
    optional = {"variables": dict, "extensions": dict, "operationName": str}
    return all(isinstance(payload.get(name), (kind, type(None))) for name, kind in optional.items())
