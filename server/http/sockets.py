"""GraphQL over WebSocket: one connection of graphql-transport-ws, and the operations that run on it.

https://github.com/enisdenjo/graphql-ws/blob/master/PROTOCOL.md
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from functools import partial
from http import HTTPStatus

import orjson
import structlog
from graphql import GraphQLFormattedError
from starlette.types import Receive, Scope, Send
from uvicorn.protocols.utils import ClientDisconnected

from chat.errors import DenialCode, Denied
from chat.identity import AgentToken, Identity
from chat.ports import Clock
from live.presence import PresenceTracker
from server.http.admission import NotAdmitted, SocketLimits, UnauthenticatedSockets, client_address
from server.http.close_codes import CloseCode
from server.http.connections import CLOSE_SECONDS, Connections, ConnectionState
from server.http.errors import formatted_exception, request_error
from server.http.extensions import abort_connection, send_now
from server.http.operations import Operations, RequestFailed
from server.http.requests import GraphQLRequest, Refusal, graphql_request, parse_json, rate_exceeded
from server.limits.rates import ClientRates
from server.limits.usage import TooMany, Usage
from server.observation.records import note_identity, observed_socket_operation
from subscriptions.context import StreamContext

PROTOCOL = "graphql-transport-ws"

REASON_BYTES = 123
"""RFC 6455, 5.5: a control frame has at most 125 bytes, two of which are the close code."""

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class SocketServices:
    """What all sockets of the process share."""

    operations: Operations
    connections: Connections
    limits: SocketLimits
    unauthenticated: UnauthenticatedSockets
    usage: Usage
    rates: ClientRates
    presence: PresenceTracker
    clock: Clock
    identify: Callable[[str | None], Awaitable[Identity | Denied | None]]
    context_of: Callable[[Identity | None], StreamContext]
    """Makes the context of one operation."""


class Socket:
    def __init__(self, services: SocketServices, scope: Scope, receive: Receive, send: Send) -> None:
        self._services = services
        self._scope = scope
        self._receive = receive
        self._send = send
        self._is_closed = False
        self._init_received = False
        self._acknowledged = False
        self._identity: Identity | None = None
        self._operations: dict[str, asyncio.Task[None]] = {}
        self._sign_in_by = asyncio.get_running_loop().time() + services.limits.sign_in_seconds
        self._deadline: asyncio.TimerHandle | None = None
        """Closes a socket whose client does not sign in in time, or whose token expires."""

        self._closing: asyncio.Task[None] | None = None

    async def serve(self) -> None:
        """Serves the connection until it is closed."""
        await self._receive()
        with ExitStack() as self._unauthenticated:
            try:
                self._unauthenticated.enter_context(self._services.unauthenticated.admitted(self._scope))
            except NotAdmitted as refusal:
                await self._refuse(refusal.status)
                return
            await self._accept()

    @property
    def state(self) -> ConnectionState:
        return ConnectionState.SIGNED_IN if self._identity is not None else ConnectionState.NOT_SIGNED_IN

    async def close_for_restart(self) -> None:
        await self._close(CloseCode.SERVICE_RESTART, "Service restart")

    def abort(self) -> None:
        self._is_closed = True
        abort_connection(self._scope)

    # ------------------------------------------------------------------ the handshake

    async def _refuse(self, status: HTTPStatus) -> None:
        headers = [(b"retry-after", b"%.0f" % self._services.limits.sign_in_seconds)]
        await self._send({"type": "websocket.http.response.start", "status": status, "headers": headers})
        await self._send({"type": "websocket.http.response.body", "body": b""})

    async def _accept(self) -> None:
        if PROTOCOL not in self._scope["subprotocols"]:
            await self._send({"type": "websocket.accept"})
            await self._close(CloseCode.SUBPROTOCOL_NOT_ACCEPTABLE, "Subprotocol not acceptable")
        else:
            await self._send({"type": "websocket.accept", "subprotocol": PROTOCOL})
            await self._serve_accepted()

    # ------------------------------------------------------------------ messages from the client

    async def _serve_accepted(self) -> None:
        with ExitStack() as self._lifetime:
            self._lifetime.enter_context(self._services.connections.registered(self))
            self._close_at(self._sign_in_by, CloseCode.INIT_TIMEOUT, "Connection initialisation timeout")
            try:
                while (received := await self._receive())["type"] != "websocket.disconnect":
                    await self._handle(received.get("text"))
            finally:
                self._cancel_deadline()
                await self._stop_operations()

    async def _handle(self, text: str | None) -> None:
        """Handles one message. Anything that is not a message of the protocol closes the socket."""
        match _parsed(text):
            case {"type": "connection_init", **fields}:
                await self._initialise(fields.get("payload"))
            case {"type": "ping"}:
                await self._send_message({"type": "pong"})
            case {"type": "pong"}:
                pass
            case {"type": "subscribe", "id": str(id), **fields}:
                await self._subscribe(id, fields.get("payload"))
            case {"type": "complete", "id": str(id)}:
                self._stop(id)
            case _:
                await self._close(CloseCode.BAD_REQUEST, "Invalid graphql-transport-ws message")

    async def _initialise(self, payload: object) -> None:
        if payload is not None and not isinstance(payload, dict):
            await self._close(CloseCode.BAD_REQUEST, "Invalid connection init payload")
            return
        if self._init_received:
            await self._close(CloseCode.TOO_MANY_REQUESTS, "Too many initialisation requests")
            return
        self._init_received = True
        parameters = payload or {}
        authorization = parameters.get("authorization") or parameters.get("Authorization")
        if authorization is not None and not isinstance(authorization, str):
            await self._close(CloseCode.FORBIDDEN, "Forbidden")
            return
        identity = await self._services.identify(authorization)
        if isinstance(identity, Denied):
            await self._close(CloseCode.FORBIDDEN, "Forbidden")
            return
        if self._is_closed:
            return  # The token could not be verified in time.
        try:
            self._lifetime.enter_context(self._services.usage.socket(identity))
        except TooMany as too_many:
            await self._close(CloseCode.TOO_MANY_REQUESTS, f"{DenialCode.RATE_LIMITED}: {too_many}")
            return
        await self._send_message({"type": "connection_ack"})
        self._acknowledged = True
        if identity is not None:
            self._start_session(identity)
        else:
            self._close_at(self._sign_in_by, CloseCode.UNAUTHORIZED, "Unauthorized: connection_init had no token")

    def _start_session(self, identity: Identity) -> None:
        """Shows the agent as online until the socket closes, and closes the socket when the token expires."""
        self._unauthenticated.close()
        self._identity = identity
        note_identity(identity)
        if isinstance(identity, AgentToken):
            self._lifetime.enter_context(self._services.presence.connected(identity.account_id, identity.agent_id))
        lifetime = identity.expires_at - self._services.clock.now()
        expires_at = asyncio.get_running_loop().time() + lifetime.total_seconds()
        self._close_at(expires_at, CloseCode.FORBIDDEN, "Token expired")

    # ------------------------------------------------------------------ operations

    async def _subscribe(self, id: str, payload: object) -> None:
        try:
            request = graphql_request(payload)
        except Refusal as refusal:
            await self._close(CloseCode.BAD_REQUEST, f"Invalid subscribe payload: {refusal.message}")
            return
        if not self._acknowledged:
            await self._close(CloseCode.UNAUTHORIZED, "Unauthorized")
        elif id in self._operations:
            await self._close(CloseCode.ALREADY_EXISTS, f"Subscriber for {id} already exists")
        elif len(self._operations) >= self._services.limits.operations:
            limit = self._services.limits.operations
            text = f"A socket can run at most {limit} operations at a time: complete one, or open another socket."
            await self._send_errors(id, [request_error(text, DenialCode.RATE_LIMITED)])
        else:
            self._operations[id] = asyncio.create_task(self._observe(id, request))

    async def _observe(self, id: str, request: GraphQLRequest) -> None:
        with observed_socket_operation(self._identity):
            await self._run(id, request)

    async def _run(self, id: str, request: GraphQLRequest) -> None:
        """Runs an operation to its end. Its id is released before the last message is sent, because the client may
        reuse it as soon as it receives that message."""
        deliver = partial(self._send_result, b'{"id":%b,"type":"next","payload":' % orjson.dumps(id))
        operations = self._services.operations
        errors: Sequence[GraphQLFormattedError] = ()
        try:
            grant = await self._services.rates.take(self._identity, client_address(self._scope))
            if not grant.allowed:
                raise rate_exceeded(grant)
            operation = await operations.find(request, self._identity)
            await operations.run(operation, self._services.context_of(self._identity), deliver)
        except (ClientDisconnected, ConnectionError):
            return  # The client disconnected while something was sent to it.
        except Refusal as refusal:
            errors = [refusal.error]
        except RequestFailed as failed:
            errors = failed.errors
        except Exception as error:
            errors = formatted_exception(error)
        del self._operations[id]
        with suppress(OSError):
            if errors:
                await self._send_errors(id, errors)
            else:
                await self._send_message({"id": id, "type": "complete"})

    def _stop(self, id: str) -> None:
        task = self._operations.pop(id, None)
        if task is not None:
            task.cancel()

    async def _stop_operations(self) -> None:
        """Cancels the operations and waits until they have ended."""
        tasks = list(self._operations.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    # ------------------------------------------------------------------ messages to the client

    async def _send_result(self, start: bytes, result: bytes) -> None:
        text = start + result + b"}"
        if self._is_closed or send_now(self._scope, text):
            return
        await self._send_text(text)

    async def _send_errors(self, id: str, errors: Sequence[GraphQLFormattedError]) -> None:
        await self._send_message({"id": id, "type": "error", "payload": errors})

    async def _send_message(self, message: object) -> None:
        await self._send_text(orjson.dumps(message))

    async def _send_text(self, text: bytes) -> None:
        if not self._is_closed:
            await self._send({"type": "websocket.send", "text": text.decode()})

    # ------------------------------------------------------------------ closing

    async def _close(self, code: CloseCode, reason: str) -> None:
        if not self._is_closed:
            self._is_closed = True
            shortened = reason.encode()[:REASON_BYTES].decode(errors="ignore")
            await self._send({"type": "websocket.close", "code": code, "reason": shortened})

    def _close_at(self, when: float, code: CloseCode, reason: str) -> None:
        """Closes the socket at this time of the event loop, instead of at an earlier deadline."""
        self._cancel_deadline()
        self._deadline = asyncio.get_running_loop().call_at(when, self._close_now, code, reason)

    def _close_now(self, code: CloseCode, reason: str) -> None:
        self._closing = asyncio.create_task(self._close_or_abort(code, reason))

    async def _close_or_abort(self, code: CloseCode, reason: str) -> None:
        """Aborts the connection if the client does not read."""
        try:
            async with asyncio.timeout(CLOSE_SECONDS):
                await self._close(code, reason)
        except OSError:  # includes TimeoutError
            self.abort()

    def _cancel_deadline(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()


def _parsed(text: str | None) -> object:
    """Returns the message; None for a binary frame and for anything that is not JSON."""
    try:
        return parse_json(text) if text is not None else None
    except Refusal:
        return None
