"""A client that stops reading is disconnected, and does not affect others."""

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

from server.http import protocols
from server.http.connections import Connections
from server.http.protocols import RequestProtocol, SlowClientProtocol, SocketProtocol
from tests.live.faults.clients import ADDED, Client, Sender
from tests.live.faults.deliveries import SendLog
from tests.support.api import Account
from tests.support.waiting import until

BUFFER_BYTES = 65_536
"""Of the server's and of the client's socket, so that a client that does not read is noticed after a few messages."""

BIG = "x" * 19_000
MOST = 200
"""Messages, some 4 MB: more than all buffers between the two sockets hold."""

PROTOCOL = Subprotocol("graphql-transport-ws")


@asynccontextmanager
async def served(app: Starlette) -> AsyncIterator[int]:
    """Serves the application on a port with the protocols of `internal-chat serve`."""
    config = uvicorn.Config(app, http=RequestProtocol, ws=SocketProtocol, ws_per_message_deflate=False, lifespan="off")
    server = uvicorn.Server(config)
    with socket.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, BUFFER_BYTES)
        listener.bind(("127.0.0.1", 0))
        serving = asyncio.create_task(server.serve([listener]))
        await until(lambda: server.started, "uvicorn")
        yield listener.getsockname()[1]
        server.should_exit = True
        await serving


@pytest.fixture
def short_timeouts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(SlowClientProtocol, "send_seconds", 1.0)
    # The test itself reads the close frame late.
    monkeypatch.setattr(protocols, "ABORT_DELAY_SECONDS", 60.0)


def _narrow_socket(port: int) -> socket.socket:
    narrow = socket.socket()
    narrow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, BUFFER_BYTES)
    narrow.connect(("127.0.0.1", port))
    return narrow


async def _read_on(connection: ClientConnection) -> None:
    """Reads until the connection is closed, which raises ConnectionClosed."""
    async for _ in connection:
        pass


@pytest.mark.usefixtures("short_timeouts")
async def test_a_client_that_does_not_read_is_disconnected_and_others_receive_everything(
    app: Starlette, account: Account
) -> None:
    channel = await account.ana.create_channel("Equipe", "PRIVATE", memberIds=["bruno", "carla", "davi"])
    start = await account.carla.position(channel)
    connections_here: Connections = app.state.connections
    async with served(app) as port:
        url = f"ws://127.0.0.1:{port}/graphql"
        narrow = _narrow_socket(port)
        silent = await connect(
            url, sock=narrow, subprotocols=[PROTOCOL], max_queue=1, ping_interval=None, close_timeout=0.1
        )
        await silent.send(
            json.dumps({"type": "connection_init", "payload": {"authorization": f"Bearer {account.davi.token}"}})
        )
        payload = {"query": ADDED, "variables": {"channel": channel, "since": start}}
        await silent.recv()
        await silent.send(json.dumps({"type": "subscribe", "id": "1", "payload": payload}))
        reading = Client(account.carla, [url], channel, start)
        try:
            await until(lambda: len(connections_here) == 2, "two sockets")
            sender = Sender([account.bruno], channel, SendLog())
            sent = 0
            while len(connections_here) == 2 and sent < MOST:
                await sender.send(f"{sent} {BIG}")
                sent += 1
                await reading.has_received(sent, 2)
            await until(lambda: len(connections_here) == 1, "the end of the silent client's connection")
            for _ in range(5):
                await sender.send(f"{sent} {BIG}")
                sent += 1
            await reading.has_received(sent)
            assert [int(body.split()[0]) for body in reading.received.bodies] == list(range(sent))
            assert reading.connections == 1
            with pytest.raises(ConnectionClosed):
                await _read_on(silent)
            assert silent.close_code == 1013
        finally:
            await reading.stop()
            await silent.close()


@pytest.mark.usefixtures("short_timeouts")
async def test_an_event_stream_that_is_not_read_is_disconnected(app: Starlette, account: Account) -> None:
    channel = await account.ana.create_channel("Equipe", "PRIVATE", memberIds=["bruno", "davi"])
    start = await account.davi.position(channel)
    connections_here: Connections = app.state.connections
    request_body = json.dumps({"query": ADDED, "variables": {"channel": channel, "since": start}})
    request = (
        "POST /graphql HTTP/1.1\r\nHost: chat\r\nAccept: text/event-stream\r\nContent-Type: application/json\r\n"
        f"Authorization: Bearer {account.davi.token}\r\nContent-Length: {len(request_body)}\r\n\r\n{request_body}"
    )
    async with served(app) as port:
        with _narrow_socket(port) as silent:
            silent.sendall(request.encode())
            await until(lambda: len(connections_here) == 1, "the stream")
            sender = Sender([account.bruno], channel, SendLog())
            sent = 0
            while len(connections_here) == 1 and sent < MOST:
                await sender.send(f"{sent} {BIG}")
                sent += 1
            await until(lambda: len(connections_here) == 0, "the end of the silent client's connection")
