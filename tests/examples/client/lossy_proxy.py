"""A proxy in front of the chat that can drop frames of its sockets, as a faulty intermediary would."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket
from websockets.asyncio.client import ClientConnection, connect

from tests.support.processes import free_port
from tests.support.waiting import until

SUBPROTOCOL = "graphql-transport-ws"


class LossyProxy:
    """Forwards requests and sockets to the chat at `target`. The next `drop` results of streams are dropped."""

    def __init__(self, target: str) -> None:
        self.drop = 0
        self._target = target
        self.app = Starlette(
            routes=[
                Route("/graphql", self._forward, methods=["POST"]),
                WebSocketRoute("/graphql", self._forward_socket),
            ]
        )

    async def _forward(self, request: Request) -> Response:
        headers = {name: request.headers[name] for name in ("authorization", "content-type")}
        async with httpx.AsyncClient() as http:
            answer = await http.post(self._target, content=await request.body(), headers=headers)
        return Response(answer.content, answer.status_code, media_type=answer.headers["content-type"])

    async def _forward_socket(self, client: WebSocket) -> None:
        await client.accept(SUBPROTOCOL)
        async with connect(self._target.replace("http", "ws", 1), subprotocols=[SUBPROTOCOL]) as chat:  # type: ignore[list-item]
            directions = [
                asyncio.create_task(self._to_chat(client, chat)),
                asyncio.create_task(self._to_client(chat, client)),
            ]
            await asyncio.wait(directions, return_when=asyncio.FIRST_COMPLETED)
            for direction in directions:
                direction.cancel()
            await asyncio.gather(*directions, return_exceptions=True)

    async def _to_chat(self, client: WebSocket, chat: ClientConnection) -> None:
        async for frame in client.iter_text():
            await chat.send(frame)

    async def _to_client(self, chat: ClientConnection, client: WebSocket) -> None:
        async for frame in chat:
            if self.drop and json.loads(frame)["type"] == "next":
                self.drop -= 1
            else:
                await client.send_text(str(frame))


@asynccontextmanager
async def lossy_proxy(target: str) -> AsyncIterator[tuple[LossyProxy, str]]:
    """Yields the proxy and the URL of the chat behind it."""
    proxy = LossyProxy(target)
    port = free_port()
    server = uvicorn.Server(uvicorn.Config(proxy.app, port=port, log_level="warning"))
    serving = asyncio.create_task(server.serve())
    await until(lambda: server.started, "a started proxy")
    try:
        yield proxy, f"http://127.0.0.1:{port}/graphql"
    finally:
        server.should_exit = True
        server.force_exit = True
        await serving
