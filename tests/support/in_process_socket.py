"""A graphql-transport-ws connection to the application in this process, without a network between."""

import asyncio
from contextlib import suppress
from types import TracebackType
from typing import Any

import orjson
from starlette.applications import Starlette

Json = dict[str, Any]

PATIENCE_SECONDS = 10


class Socket:
    """Connected and signed in between `async with` and its end; `closed_with` is the server's code, once it closed."""

    def __init__(self, app: Starlette, token: str | None) -> None:
        self._app = app
        self._payload = {"authorization": f"Bearer {token}"} if token else {}
        self._sent: asyncio.Queue[Json] = asyncio.Queue()
        self._received: asyncio.Queue[Json] = asyncio.Queue()
        self.closed_with: int | None = None

    async def __aenter__(self) -> "Socket":
        scope = {
            "type": "websocket",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "scheme": "ws",
            "path": "/graphql",
            "raw_path": b"/graphql",
            "root_path": "",
            "query_string": b"",
            "headers": [(b"host", b"chat.test")],
            "subprotocols": ["graphql-transport-ws"],
            "client": ("127.0.0.1", 1),
            "server": ("chat.test", 80),
            "extensions": {},
            "state": {},
        }
        self._task = asyncio.create_task(self._app(scope, self._sent.get, self._receive))
        await self._sent.put({"type": "websocket.connect"})
        await self._hear("websocket.accept")
        self._say({"type": "connection_init", "payload": self._payload})
        await self.next_message()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self._sent.put({"type": "websocket.disconnect", "code": 1000})
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                await self._task
        except TimeoutError:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task
            raise

    def subscribe(self, query: str, variables: Json, id: str = "1") -> None:
        self._say({"type": "subscribe", "id": id, "payload": {"query": query, "variables": variables}})

    async def next_message(self, patience: float = PATIENCE_SECONDS) -> Json | None:
        """The server's next message; None once it has closed the connection. Raises TimeoutError."""
        if self.closed_with is not None:
            return None
        heard = await self._hear("websocket.send", "websocket.close", patience=patience)
        if heard["type"] == "websocket.close":
            self.closed_with = heard["code"]
            return None
        message: Json = orjson.loads(heard["text"])
        return message

    def _say(self, message: Json) -> None:
        self._sent.put_nowait({"type": "websocket.receive", "text": orjson.dumps(message).decode()})

    async def _receive(self, message: Any) -> None:
        await self._received.put(message)

    async def _hear(self, *types: str, patience: float = PATIENCE_SECONDS) -> Json:
        async with asyncio.timeout(patience):
            heard = await self._received.get()
        assert heard["type"] in types, heard
        return heard
