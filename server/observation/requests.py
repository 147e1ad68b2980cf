"""Observing every request and socket of the application: its request id, its status, and its end."""

import ipaddress
import re
from collections.abc import Awaitable, Mapping, Sequence
from types import MappingProxyType
from uuid import uuid4

import structlog
from starlette.applications import Starlette
from starlette.datastructures import Headers
from starlette.middleware import Middleware
from starlette.routing import BaseRoute
from starlette.types import ASGIApp, Lifespan, Message, Receive, Scope, Send
from uvicorn.protocols.utils import ClientDisconnected

from server.http.errors import INTERNAL
from server.http.extensions import peer_address
from server.observation.records import Kind, Observer, Record, Transport, observed

HEADER = "x-request-id"
SAFE_ID = re.compile(r"[A-Za-z0-9._:-]{8,64}")
"""What a proxy's request id may look like. Others are replaced."""

ENDPOINTS = frozenset({"files", "graphiql", "graphql", "healthz", "metrics", "readyz", "unsubscribe", "uploads"})
OTHER = "other"
PREFLIGHT = "preflight"
"""What a browser sends before the request of a page on another origin."""

NO_HEADERS: Mapping[str, str] = MappingProxyType({})

log = structlog.get_logger(__name__)


class TrustedProxies:
    """The proxies whose headers are used."""

    def __init__(self, addresses: str) -> None:
        """`addresses` is the setting CHAT_TRUSTED_PROXIES."""
        self._networks: Sequence[ipaddress.IPv4Network | ipaddress.IPv6Network] = [
            ipaddress.ip_network(address.strip()) for address in addresses.split(",")
        ]

    def sent(self, scope: Scope) -> bool:
        """Returns whether the request comes from one of them."""
        try:
            address = ipaddress.ip_address(peer_address(scope) or "")
        except ValueError:
            return False
        return any(address in network for network in self._networks)


class ObservedStarlette(Starlette):
    """An application whose requests and sockets are observed. The middleware is outside of Starlette's own, so it also
    sees the answer to a request that failed."""

    def __init__(
        self,
        observer: Observer,
        proxies: TrustedProxies,
        routes: Sequence[BaseRoute],
        middleware: Sequence[Middleware],
        lifespan: Lifespan["ObservedStarlette"] | None = None,
    ) -> None:
        super().__init__(routes=routes, lifespan=lifespan)
        self._outer_middleware = middleware
        self._observer = observer
        self._proxies = proxies

    def build_middleware_stack(self) -> ASGIApp:
        app = super().build_middleware_stack()
        for middleware in reversed(self._outer_middleware):
            app = middleware.cls(app, *middleware.args, **middleware.kwargs)
        return RequestObserver(app, self._observer, self._proxies)


class RequestObserver:
    """Wraps the whole application, including the responses to requests that fail."""

    def __init__(self, app: ASGIApp, observer: Observer, proxies: TrustedProxies) -> None:
        self._app = app
        self._observer = observer
        self._proxies = proxies

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        record = self._record(scope, headers)
        # Other clients could choose the ids of traces, and which of them are sampled.
        with observed(record, headers if self._proxies.sent(scope) else NO_HEADERS):
            try:
                await self._app(scope, receive, _observed_send(record, send))
            except ClientDisconnected:
                raise
            except Exception:
                record.note_code(INTERNAL)
                log.exception("request_failed")
                raise

    def _record(self, scope: Scope, headers: Headers) -> Record:
        sent = headers.get(HEADER, "")
        is_usable = SAFE_ID.fullmatch(sent) is not None and self._proxies.sent(scope)
        request_id = sent if is_usable else uuid4().hex
        if scope["type"] == "websocket":
            return Record(request_id, self._observer, _endpoint(scope), Kind.SOCKET, Transport.SOCKET)
        return Record(request_id, self._observer, _endpoint(scope), Kind.REQUEST)


def _endpoint(scope: Scope) -> str:
    """Returns the first segment of the path if it is a known one. Others may be anything that a client made up. Returns
    `PREFLIGHT` for the requests of that kind."""
    if scope.get("method") == "OPTIONS":
        return PREFLIGHT
    segment = scope["path"].split("/", 2)[1] if scope["path"].startswith("/") else ""
    return segment if segment in ENDPOINTS else OTHER


def _observed_send(record: Record, send: Send) -> Send:
    """Returns `send` with the request id as a header of the response. Not a coroutine function: sockets send each of
    their messages with it."""
    header = (HEADER.encode(), record.request_id.encode())

    def observed_send(message: Message) -> Awaitable[None]:
        match message["type"]:
            case "http.response.start" | "websocket.http.response.start" | "websocket.accept":
                record.status = message.get("status", 101)
                message = {**message, "headers": [*message.get("headers", ()), header]}
            case "websocket.close":
                _note_close(record, message)
        return send(message)

    return observed_send


def _note_close(record: Record, message: Message) -> None:
    if record.status is None:
        record.status = 403  # The server answers the handshake so.
    else:
        record.close_code = message.get("code", 1000)
