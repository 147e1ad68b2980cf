"""`GET /metrics` for Prometheus.

The metrics contain no data of accounts, but show how much the chat is used, so they are not public. They need the token
of CHAT_METRICS_TOKEN. If there is none, only processes on the same machine get them.
"""

import hmac
from collections.abc import Awaitable, Callable

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from server.addresses import is_loopback
from server.http.extensions import peer_address

FORWARDING = ("forwarded", "via", "x-forwarded-for", "x-forwarded-host", "x-real-ip")
"""Headers of proxies. A proxy on the same machine connects from a loopback address."""

Refresh = Callable[[], Awaitable[None]]


def metrics_route(registry: CollectorRegistry, refresh: Refresh, token: str | None) -> Route:
    """`refresh` is called before the metrics are collected."""

    async def metrics(request: Request) -> Response:
        if token is None and not _is_local(request):
            return Response(status_code=404)
        if token is not None and not _has_token(request, token):
            return Response(status_code=401, headers={"www-authenticate": "Bearer"})
        await refresh()
        return Response(generate_latest(registry), headers={"content-type": CONTENT_TYPE_LATEST})

    return Route("/metrics", metrics)


def _is_local(request: Request) -> bool:
    return is_loopback(peer_address(request.scope) or "") and not any(name in request.headers for name in FORWARDING)


def _has_token(request: Request, token: str) -> bool:
    scheme, _, sent = request.headers.get("authorization", "").partition(" ")
    return scheme.lower() == "bearer" and hmac.compare_digest(sent.strip().encode(), token.encode())
