"""Leaving: a server that stops says so first, then sends its clients away, then ends."""

import socket

import uvicorn

from server.http.connections import Connections


class DrainingServer(uvicorn.Server):
    """uvicorn, which drains before it shuts down; requests on their way are answered meanwhile."""

    def __init__(self, config: uvicorn.Config, connections: Connections, drain_seconds: float) -> None:
        super().__init__(config)
        self._connections = connections
        self._drain_seconds = drain_seconds

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        await self._connections.drain(self._drain_seconds)
        await super().shutdown(sockets)
