"""graphql-transport-ws, where strawberry's handler deviates from the protocol, and three additions for long-lived
sockets: they close when their token expires or the client stops reading, and their agent is shown as online."""

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
FORBIDDEN = 4403
REASON_BYTES = 123
"""RFC 6455, 5.5: a control frame has at most 125 bytes, two of which are the close code."""

STREAMS = 100
"""The maximum number of concurrent operations on one socket."""

MESSAGE_TYPES = ("connection_init", "ping", "pong", "subscribe", "complete")

log = structlog.get_logger(__name__)


class SocketAdapter(ASGIWebSocketAdapter):
    """A socket that is one of the process's long-lived connections."""

    ws: WebSocket
    _is_aborted = False

    async def send_json(self, message: object) -> None:
        if self._is_aborted:
            raise WebSocketDisconnected
        try:
            async with asyncio.timeout(connections.SEND_SECONDS):
                await super().send_json(message)  # type: ignore[arg-type]
        except TimeoutError:
            log.info("slow_client_cut_off")
            self.abort()
            raise WebSocketDisconnected from None

    async def close(self, code: int, reason: str) -> None:
        """Truncates the reason to the size of a close frame."""
        await super().close(code, reason.encode()[:REASON_BYTES].decode(errors="ignore"))

    async def close_for_restart(self) -> None:
        await self.close(SERVICE_RESTART, "Service restart")

    def abort(self) -> None:
        self._is_aborted = True
        connections.abort_connection(self.ws.scope)


class SocketHandler(BaseGraphQLTransportWSHandler[StreamContext, None]):
    context: StreamContext
    websocket: SocketAdapter

    def __init__(self, open_connections: Connections, presence: PresenceTracker, **strawberry_arguments: Any) -> None:
        super().__init__(**strawberry_arguments)
        self._connections = open_connections
        self._presence = presence

    async def handle(self) -> None:
        with ExitStack() as self.lifetime:
            self.lifetime.enter_context(self._connections.registered(self.websocket))
            await super().handle()

    async def handle_task_exception(self, error: Exception) -> None:
        """Ignores clients that disconnect while something is sent to them."""
        if not isinstance(error, WebSocketDisconnected):
            log.error("socket_failed", exc_info=error)

    async def handle_message(self, message: Message) -> None:
        """Closes the socket for anything that is not a message of the protocol, and only for that."""
        frame: object = message
        if not isinstance(frame, dict) or frame.get("type") not in MESSAGE_TYPES:
            await self.handle_invalid_message("Invalid graphql-transport-ws message")
        elif frame["type"] in ("subscribe", "complete") and not isinstance(frame.get("id"), str):
            await self.handle_invalid_message("Message without an id")
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
            self._start_session(self.context.authentication)

    async def handle_subscribe(self, message: SubscribeMessage) -> None:
        if not _is_operation(message.get("payload")):
            await self.handle_invalid_message("Invalid subscribe payload")
            return
        if self.connection_acknowledged and len(self.operations) >= STREAMS:
            await self._send_limit_error(message["id"])
            return
        await super().handle_subscribe(message)

    async def _send_limit_error(self, operation_id: str) -> None:
        text = f"A socket can run at most {STREAMS} operations at a time: complete one, or open another socket."
        error = GraphQLError(text, extensions={"code": DenialCode.RATE_LIMITED})
        await self.send_message({"id": operation_id, "type": "error", "payload": [error.formatted]})

    @staticmethod
    def _get_pre_execution_close_reason(error: GraphQLError) -> str | None:
        """Returns None, so that an invalid operation gets an `error` message instead of closing the socket."""
        return None

    def _start_session(self, identity: object) -> None:
        """Shows the agent as online until the socket closes, and closes the socket when the token expires."""
        if not isinstance(identity, Identity):
            return
        if isinstance(identity, AgentToken):
            self.lifetime.enter_context(self._presence.connected(identity.account_id, identity.agent_id))
        seconds_left = (identity.expires_at - self.context.chat.clock.now()).total_seconds()
        expiry = asyncio.get_running_loop().call_later(max(seconds_left, 0), self._expire)
        self.lifetime.callback(expiry.cancel)

    def _expire(self) -> None:
        self._expiring = asyncio.create_task(self._close(FORBIDDEN, "Token expired"))

    async def _close(self, code: int, reason: str) -> None:
        with suppress(Exception):
            await self.websocket.close(code, reason)


def _is_operation(payload: object) -> bool:
    if not isinstance(payload, dict) or not isinstance(payload.get("query"), str):
        return False
    optional = {"variables": dict, "extensions": dict, "operationName": str}
    return all(isinstance(payload.get(name), (kind, type(None))) for name, kind in optional.items())
