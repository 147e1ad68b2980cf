"""A client of graphql-transport-ws over a real socket, as small as the protocol allows."""

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
PROTOCOL = Subprotocol("graphql-transport-ws")
PATIENCE = 10.0
"""How many seconds a test waits for what must come."""


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

    @property
    def has_result(self) -> bool:
        """Whether `next` returns or raises without waiting."""
        return not self.frames.empty()

    async def next(self, patience: float = PATIENCE) -> Json:
        """Returns the payload of the next result. Raises Ended, or TimeoutError."""
        async with asyncio.timeout(patience):
            frame = await self.frames.get()
        if isinstance(frame, Ended):
            raise frame
        return frame

    async def data(self, patience: float = PATIENCE) -> Json:
        """Returns the only root field of the next result, which has no errors."""
        payload = await self.next(patience)
        assert "errors" not in payload, payload["errors"]
        (value,) = payload["data"].values()
        found: Json = value
        return found

    async def error_code(self, patience: float = PATIENCE) -> str:
        """Returns the code of the first error of the next result."""
        payload = await self.next(patience)
        code: str = payload["errors"][0]["extensions"]["code"]
        return code

    async def stop(self) -> None:
        await self.socket.send({"id": self.id, "type": "complete"})


class Socket:
    """A connection, signed in by `init`. It passes the results that arrive to its streams."""

    def __init__(self, connection: ClientConnection) -> None:
        self.connection = connection
        self._streams: dict[str, Stream] = {}
        self._ids = count(1)
        self._reader: asyncio.Task[None] | None = None

    async def init(self, token: str | None) -> None:
        """Signs in. Raises Ended with the code of the closed socket if the server refuses the token."""
        payload = {"authorization": f"Bearer {token}"} if token else {}
        await self.send({"type": "connection_init", "payload": payload})
        try:
            ack = json.loads(await self.connection.recv())
        except ConnectionClosed:
            raise Ended(self.connection.close_code) from None
        assert ack["type"] == "connection_ack", ack
        self._reader = asyncio.create_task(self._read())

    async def send(self, frame: object) -> None:
        await self.connection.send(json.dumps(frame))

    async def subscribe(self, query: str, **variables: object) -> Stream:
        return await self.start({"query": query, "variables": variables})

    async def start(self, payload: Json) -> Stream:
        """Starts the operation of a `subscribe` message with this payload."""
        stream = Stream(self, str(next(self._ids)))
        self._streams[stream.id] = stream
        await self.send({"id": stream.id, "type": "subscribe", "payload": payload})
        return stream

    async def close(self) -> None:
        await self.connection.close()
        if self._reader is not None:
            await self._reader

    async def _read(self) -> None:
        try:
            async for text in self.connection:
                self._pass_on(json.loads(text))
        except ConnectionClosed:
            pass
        for stream in self._streams.values():
            stream.frames.put_nowait(Ended(self.connection.close_code))

    def _pass_on(self, frame: Json) -> None:
        stream = self._streams.get(frame.get("id", ""))
        if stream is None:
            return
        match frame["type"]:
            case "next":
                stream.frames.put_nowait(frame["payload"])
            case "error":
                stream.frames.put_nowait({"errors": frame["payload"]})
            case "complete":
                stream.frames.put_nowait(Ended())


@asynccontextmanager
async def open_socket(url: str, token: str | None) -> AsyncIterator[Socket]:
    """Yields a signed-in socket, which is closed at the end of the block. Raises Ended if the token is refused."""
    socket = Socket(await connect(url, subprotocols=[PROTOCOL], max_size=None))
    try:
        await socket.init(token)
        yield socket
    finally:
        await socket.close()
