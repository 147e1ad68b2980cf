"""Shutting down the server without dropping its clients."""

import socket

import uvicorn

from server.http.connections import Connections


class DrainingServer(uvicorn.Server):
    """Drains the long-lived connections before uvicorn shuts down. Requests are still answered meanwhile."""

    def __init__(self, config: uvicorn.Config, connections: Connections, drain_seconds: float) -> None:
        super().__init__(config)
        self._connections = connections
        self._drain_seconds = drain_seconds

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        await self._connections.drain(self._drain_seconds)
        await super().shutdown(sockets)
