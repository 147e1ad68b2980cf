"""A client of graphql-transport-ws, as small as the protocol allows, over a real socket."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed
from websockets.typing import Subprotocol

Json = dict[str, Any]
PATIENCE = 10.0
"""Seconds after which a test gives up waiting for what must come."""


class Ended(Exception):
    """The stream completed, or its socket closed with this code."""

    def __init__(self, code: int | None = None) -> None:
        super().__init__(code)
        self.code = code


@dataclass
class Stream:
    """One operation of a socket."""

    socket: "Socket"
    id: str
    frames: asyncio.Queue[Json | Ended] = field(default_factory=asyncio.Queue)

    async def next(self, patience: float = PATIENCE) -> Json:
        """Returns the next result's payload; raises Ended."""
        async with asyncio.timeout(patience):
            frame = await self.frames.get()
        if isinstance(frame, Ended):
            raise frame
        return frame

    async def data(self, patience: float = PATIENCE) -> Json:
        """Returns the only root field of the next result."""
        payload = await self.next(patience)
        assert "errors" not in payload, payload["errors"]
        (value,) = payload["data"].values()
        found: Json = value
        return found

    async def error_code(self, patience: float = PATIENCE) -> str:
        """Returns the code that the stream ends with."""
        payload = await self.next(patience)
        code: str = payload["errors"][0]["extensions"]["code"]
        return code

    async def nothing(self, patience: float = 0.3) -> None:
        """Passes if nothing comes for so long."""
        try:
            async with asyncio.timeout(patience):
                frame = await self.frames.get()
        except TimeoutError:
            return
        raise AssertionError(f"unexpected: {frame}")

    async def stop(self) -> None:
        await self.socket.send({"id": self.id, "type": "complete"})


class Socket:
    """A signed-in connection."""

    def __init__(self, connection: ClientConnection) -> None:
        self.connection = connection
        self._streams: dict[str, Stream] = {}
        self._ids = count(1)
        self._reader: asyncio.Task[None] | None = None

    async def init(self, token: str | None) -> None:
        payload = {"authorization": f"Bearer {token}"} if token else {}
        await self.send({"type": "connection_init", "payload": payload})
        ack = json.loads(await self.connection.recv())
        assert ack["type"] == "connection_ack", ack
        self._reader = asyncio.create_task(self._read())

    async def send(self, frame: object) -> None:
        await self.connection.send(json.dumps(frame))

    async def subscribe(self, query: str, **variables: object) -> Stream:
        stream = Stream(self, str(next(self._ids)))
        self._streams[stream.id] = stream
        payload = {"query": query, "variables": variables}
        await self.send({"id": stream.id, "type": "subscribe", "payload": payload})
        return stream

    async def close(self) -> None:
        await self.connection.close()
        if self._reader is not None:
            await self._reader

    async def _read(self) -> None:
        code = None
        try:
            async for text in self.connection:
                self._take(json.loads(text))
        except ConnectionClosed:
            pass
        code = self.connection.close_code
        for stream in self._streams.values():
            stream.frames.put_nowait(Ended(code))

    def _take(self, frame: Json) -> None:
        stream = self._streams.get(frame.get("id", ""))
        if stream is None:
            return
        if frame["type"] == "next":
            stream.frames.put_nowait(frame["payload"])
        elif frame["type"] == "error":
            stream.frames.put_nowait({"errors": frame["payload"]})
        elif frame["type"] == "complete":
            stream.frames.put_nowait(Ended())


@asynccontextmanager
async def open_socket(url: str, token: str | None) -> AsyncIterator[Socket]:
    """A socket that is closed in the end."""
    connection = await connect(url, subprotocols=[Subprotocol("graphql-transport-ws")], max_size=None)
    socket = Socket(connection)
    try:
        await socket.init(token)
        yield socket
    finally:
        await socket.close()
