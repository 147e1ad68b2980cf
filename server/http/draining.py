"""The web server, which closes its long-lived connections gradually before it shuts down."""

import socket

import uvicorn
from starlette.types import ASGIApp

from server.http.connections import Connections
from server.http.protocols import RequestProtocol, SocketProtocol
from server.settings import Settings

SHUTDOWN_SECONDS = 5
"""How long running requests may take once the long-lived connections are closed."""

KEEP_ALIVE_SECONDS = 75
"""How long an idle connection stays open. Longer than the 60 seconds after which nginx, for one, closes its idle
connections to a server: a request on a connection that the server is closing fails."""


class DrainingServer(uvicorn.Server):
    """Drains the connections before uvicorn shuts down. Requests are still answered meanwhile."""

    def __init__(self, app: ASGIApp, connections: Connections, settings: Settings) -> None:
        class Requests(RequestProtocol):
            send_seconds = settings.send_seconds
            head_seconds = settings.head_seconds

        class Sockets(SocketProtocol):
            send_seconds = settings.send_seconds

        super().__init__(
            uvicorn.Config(
                app,
                loop="uvloop",
                http=Requests,
                ws=Sockets,
                ws_max_size=settings.request_bytes,
                ws_per_message_deflate=False,
                access_log=False,
                log_config=None,
                server_header=False,
                forwarded_allow_ips=settings.trusted_proxies,
                timeout_keep_alive=KEEP_ALIVE_SECONDS,
                timeout_graceful_shutdown=SHUTDOWN_SECONDS,
            )
        )
        self._connections = connections
        self._drain_seconds = settings.drain_seconds

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        await self._connections.drain(self._drain_seconds)
        await super().shutdown(sockets)
