"""Which pages may use the endpoint: those of this server and those of the allowed origins.

Browsers send requests of other sites' pages, but show them no answer without CORS headers. They apply no same-origin
policy to WebSockets, so the server checks. No request is authenticated by a cookie: a page needs a token in any case.
"""

from collections.abc import Collection, Sequence
from urllib.parse import urlsplit

import structlog
from starlette.datastructures import Headers
from starlette.middleware.cors import CORSMiddleware
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from server.addresses import origin_of

OPAQUE = "null"
"""The origin of a page that browsers do not name, such as a file."""

REMEDY = "If this is the origin of a front end of yours, add it to CHAT_ALLOWED_ORIGINS."

log = structlog.get_logger(__name__)


class OriginPolicy(CORSMiddleware):
    """Refuses sockets and preflight requests of pages of other origins. Any request header may be sent: clients add
    their own, and none of them is trusted."""

    def __init__(
        self,
        app: ASGIApp,
        allowed_origins: Collection[str],
        allow_methods: Sequence[str] = ("GET", "POST"),
        expose_headers: Sequence[str] = (),
    ) -> None:
        super().__init__(
            app, allowed_origins, allow_methods=allow_methods, allow_headers=("*",), expose_headers=expose_headers
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket" and not self._may_open_socket(scope):
            await receive()
            # Closing before accepting makes the server answer the handshake with 403.
            await send({"type": "websocket.close"})
            return
        await super().__call__(scope, receive, send)

    def preflight_response(self, request_headers: Headers) -> Response:
        origin = request_headers["origin"]
        if not self.is_allowed_origin(origin):
            _log_refused(origin)
        return super().preflight_response(request_headers)

    def _may_open_socket(self, scope: Scope) -> bool:
        origin = Headers(scope=scope).get("origin", "")
        if is_same_origin(scope) or self.is_allowed_origin(origin):
            return True
        _log_refused(origin)
        return False


def is_same_origin(scope: Scope) -> bool:
    """Returns whether the request or socket comes from a page of this server, or from a client that is not a browser:
    browsers send `Origin` with every socket and every POST. A proxy may change `Host`, but no page can set
    `Sec-Fetch-Site`."""
    headers = Headers(scope=scope)
    origin = headers.get("origin")
    if origin is None or headers.get("sec-fetch-site") == "same-origin":
        return True
    host = _host(origin)
    return host != "" and host == headers.get("host", "").lower()


def _host(origin: str) -> str:
    """Returns the host and port; an empty string for an opaque or malformed origin."""
    try:
        return urlsplit(origin).netloc.lower()
    except ValueError:
        return ""


def _log_refused(origin: str) -> None:
    """Logs an origin only if it has the form of one. A client that is not a browser can send anything."""
    try:
        shown = origin_of(origin) if origin != OPAQUE else OPAQUE
    except ValueError:
        shown = "malformed"
    log.warning("origin_refused", origin=shown, remedy=REMEDY)
