"""A client that stops reading: it is cut off, and nobody else notices."""

import asyncio
import json
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
import uvicorn
from starlette.applications import Starlette
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed
from websockets.typing import Subprotocol

from server.http import connections
from server.http.connections import Connections, RequestProtocol, SocketProtocol
from tests.live.faults.clients import ADDED, Client, Sender
from tests.live.faults.findings import SendLog
from tests.support.api import Account
from tests.support.waiting import until

PATIENCE_OF_SERVER = 1.0
BIG = "x" * 19_000
MOST = 1_000
"""Messages, some 19 MB: more than the buffers between two sockets of one machine hold."""

PROTOCOL = Subprotocol("graphql-transport-ws")


@asynccontextmanager
async def served(app: Starlette) -> AsyncIterator[int]:
    """The application on a port, as `serve` has it."""
    config = uvicorn.Config(
        app, port=0, http=RequestProtocol, ws=SocketProtocol, ws_per_message_deflate=False, lifespan="off"
    )
    server = uvicorn.Server(config)
    serving = asyncio.create_task(server.serve())
    await until(lambda: server.started, "uvicorn")
    yield server.servers[0].sockets[0].getsockname()[1]
    server.should_exit = True
    await serving


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "SEND_SECONDS", PATIENCE_OF_SERVER)


async def _read_on(connection: ClientConnection) -> None:
    """Returns never: it finds out, at the end of what was meant for it, that it was cut off."""
    async for _ in connection:
        pass


@pytest.mark.usefixtures("impatient")
async def test_it_is_cut_off_and_the_others_hear_everything(app: Starlette, account: Account) -> None:
    channel = await account.ana.create_channel("Equipe", "PRIVATE", memberIds=["bruno", "carla", "davi"])
    start = (await account.carla.read(channel, "position"))["position"]
    open_here: Connections = app.state.connections
    async with served(app) as port:
        url = f"ws://127.0.0.1:{port}/graphql"
        # A window that takes little, and a client whose reading stops after one frame.
        narrow = socket.socket()
        narrow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65_536)
        narrow.connect(("127.0.0.1", port))
        deaf = await connect(
            url, sock=narrow, subprotocols=[PROTOCOL], max_queue=1, ping_interval=None, close_timeout=0.1
        )
        await deaf.send(
            json.dumps({"type": "connection_init", "payload": {"authorization": f"Bearer {account.davi.token}"}})
        )
        payload = {"query": ADDED, "variables": {"channel": channel, "since": start}}
        await deaf.recv()
        await deaf.send(json.dumps({"type": "subscribe", "id": "1", "payload": payload}))
        attentive = Client(account.carla, [url], channel, start)
        try:
            await until(lambda: len(open_here) == 2, "two sockets")
            sender = Sender([account.bruno], channel, SendLog())
            sent = 0
            while len(open_here) == 2:
                assert sent < MOST, "the deaf client was never cut off"
                await sender.send(f"{sent} {BIG}")
                sent += 1
                await attentive.has(sent, 2)
            for _ in range(5):
                await sender.send(f"{sent} {BIG}")
                sent += 1
            await attentive.has(sent)
            assert [int(body.split()[0]) for body in attentive.received.bodies] == list(range(sent))
            assert attentive.connections == 1
            with pytest.raises(ConnectionClosed):
                await _read_on(deaf)
            assert deaf.close_code == 1013
        finally:
            await attentive.stop()
            await deaf.close()


@pytest.mark.usefixtures("impatient")
async def test_an_event_stream_is_cut_off_too(app: Starlette, account: Account) -> None:
    channel = await account.ana.create_channel("Equipe", "PRIVATE", memberIds=["bruno", "davi"])
    start = (await account.davi.read(channel, "position"))["position"]
    open_here: Connections = app.state.connections
    asked = json.dumps({"query": ADDED, "variables": {"channel": channel, "since": start}})
    request = (
        "POST /graphql HTTP/1.1\r\nHost: chat\r\nAccept: text/event-stream\r\nContent-Type: application/json\r\n"
        f"Authorization: Bearer {account.davi.token}\r\nContent-Length: {len(asked)}\r\n\r\n{asked}"
    )
    async with served(app) as port:
        with socket.create_connection(("127.0.0.1", port)) as deaf:
            deaf.sendall(request.encode())
            await until(lambda: len(open_here) == 1, "the stream")
            sender = Sender([account.bruno], channel, SendLog())
            sent = 0
            while len(open_here) == 1:
                assert sent < MOST, "the deaf client was never cut off"
                await sender.send(f"{sent} {BIG}")
                sent += 1
