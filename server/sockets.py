"""graphql-transport-ws where the stock handler strays from the protocol, and what a long-lived socket needs beside it:
an end when its token expires, a limit for clients that stop reading, and a place among those who are there."""

import asyncio
from contextlib import ExitStack, suppress
from typing import TYPE_CHECKING, Any

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
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

from chat.identity import Agent, Identity
from server.draining import Sockets
from subscriptions.context import StreamContext
from subscriptions.presences import Presences

SEND_SECONDS = 20.0
"""A client that takes nothing for so long is cut off; it resumes from its position."""

SIGN_IN = 4403
ABORT = "internal_chat.abort"

log = structlog.get_logger(__name__)


class SocketProtocol(WebSocketsSansIOProtocol):
    """uvicorn's, which lets the application drop a connection whose client no longer reads: a close frame would wait
    behind everything else."""

    async def run_asgi(self) -> None:
        extensions: dict[str, Any] = self.scope["extensions"]
        extensions[ABORT] = self.transport.abort
        await super().run_asgi()


class SocketAdapter(ASGIWebSocketAdapter):
    ws: WebSocket

    async def send_json(self, message: object) -> None:
        try:
            async with asyncio.timeout(SEND_SECONDS):
                await super().send_json(message)  # type: ignore[arg-type]
        except TimeoutError:
            log.info("slow_socket_dropped")
            self.abort()
            raise WebSocketDisconnected from None

    def abort(self) -> None:
        abort = self.ws.scope.get("extensions", {}).get(ABORT)
        if abort is not None:
            abort()


class SocketHandler(BaseGraphQLTransportWSHandler[StreamContext, None]):
    """The view it is made by lends what the process shares: who is there, and which sockets are open."""

    context: StreamContext
    if TYPE_CHECKING:
        from server.view import GraphQLView

        view: GraphQLView

    async def handle(self) -> None:
        with ExitStack() as self.lifetime:
            self.lifetime.enter_context(self._sockets.open(self.websocket))
            await super().handle()

    async def handle_message(self, message: Message) -> None:
        """Anything that is no message of the protocol ends the socket, and nothing else does."""
        frame: object = message
        if not isinstance(frame, dict) or not isinstance(frame.get("type"), str):
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
            self._accompany(self.context.sign_in)

    async def handle_subscribe(self, message: SubscribeMessage) -> None:
        if not _is_operation(message.get("payload")):
            await self.handle_invalid_message("Not an operation")
            return
        await super().handle_subscribe(message)

    @staticmethod
    def _get_pre_execution_close_reason(error: GraphQLError) -> str | None:
        """A mistake in one operation ends that one: its `error` message says what it is."""
        return None

    def _accompany(self, identity: object) -> None:
        if not isinstance(identity, Identity):
            return
        if isinstance(identity, Agent):
            self.lifetime.enter_context(self._presences.connected(identity.account_id, identity.agent_id))
        left = (identity.expires_at - self.context.chat.clock.now()).total_seconds()
        expiry = asyncio.get_running_loop().call_later(max(left, 0), self._expire)
        self.lifetime.callback(expiry.cancel)

    def _expire(self) -> None:
        self._expiring = asyncio.create_task(self._close(SIGN_IN, "Token expired"))

    async def _close(self, code: int, reason: str) -> None:
        with suppress(Exception):
            await self.websocket.close(code, reason)

    @property
    def _sockets(self) -> Sockets:
        return self.view.sockets

    @property
    def _presences(self) -> Presences:
        return self.view.presences


def _is_operation(payload: object) -> bool:
    if not isinstance(payload, dict) or not isinstance(payload.get("query"), str):
        return False
    optional = {"variables": dict, "extensions": dict, "operationName": str}
    return all(isinstance(payload.get(name), (kind, type(None))) for name, kind in optional.items())
