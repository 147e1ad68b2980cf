"""A server that stops closes all connections in time, even those of clients that do not read."""

import fcntl
import signal
import socket
import sys
import termios
import time
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from sqlalchemy.ext.asyncio import AsyncEngine
from websockets.asyncio.client import ClientConnection, connect
from websockets.typing import Subprotocol

from tests.live.faults.clients import ADDED, until_delivered
from tests.live.faults.conversation import open_conversation
from tests.live.faults.replicas import Replicas, replicas
from tests.support.services import Postgres
from tests.support.sockets import Ended, Socket, Stream, open_socket
from tests.support.waiting import until

pytestmark = pytest.mark.long

SILENT_CLIENTS = 22
BIG = "x" * 19_000
PENDING = 30
"""Messages that the silent clients do not read: about 600 kB per client, more than a narrow connection holds."""

INBOX = "subscription { chatInboxChanged { channelId } }"


@pytest.fixture(scope="module")
async def pair(folder: Path, postgres: Postgres, engine: AsyncEngine) -> AsyncIterator[Replicas]:
    async with replicas(folder, postgres.url, engine, "memory://") as pair:
        yield pair


async def _open_silent_socket(url: str, port: int, token: str, channel: str, since: str) -> ClientConnection:
    """Opens a socket with a stream and does not read from it."""
    narrow = socket.socket()
    narrow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    narrow.connect(("127.0.0.1", port))
    protocol = Subprotocol("graphql-transport-ws")
    connection = await connect(url, sock=narrow, subprotocols=[protocol], max_queue=1, ping_interval=None)
    opened = Socket(connection)
    await opened.init(token)
    await opened.subscribe(ADDED, channel=channel, since=since)
    return connection


def _has_unread_data(connection: ClientConnection) -> bool:
    """Whether the socket has received data that the client does not read."""
    unread = fcntl.ioctl(connection.transport.get_extra_info("socket"), termios.FIONREAD, bytes(4))
    return int.from_bytes(unread, sys.byteorder) > 0


async def _read_to_the_end(stream: Stream) -> None:
    while True:
        await stream.data()


async def _end_of(chunks: AsyncIterator[str]) -> None:
    async for chunk in chunks:
        assert "complete" not in chunk


async def test_clients_that_do_not_read_do_not_delay_the_others(pair: Replicas) -> None:
    async with open_conversation(pair) as conversation:
        token, channel = str(conversation.account.carla.token), conversation.channel
        for number in range(PENDING):
            await conversation.sender(at="b").send(f"{number} {BIG}")
        silent = [
            await _open_silent_socket(pair.a.socket_url, pair.a.port, token, channel, conversation.start)
            for _ in range(SILENT_CLIENTS)
        ]
        async with open_socket(pair.a.socket_url, conversation.account.ana.token) as reading:
            stream = await reading.subscribe(INBOX)
            await until_delivered(stream, lambda: conversation.sender(at="a").send_many(1))
            await until(lambda: all(map(_has_unread_data, silent)), "unread data at every silent client")
            begun = time.monotonic()
            assert await pair.a.end_by(signal.SIGTERM) == 0
            assert time.monotonic() - begun < 9, "one second of draining, and the time that uvicorn waits"
            with pytest.raises(Ended) as ended:
                await _read_to_the_end(stream)
            assert ended.value.code == 1012
    await pair.a.start()


async def test_event_streams_are_closed_too(pair: Replicas) -> None:
    """They are aborted, so that clients resume elsewhere, and do not delay the end of the server."""
    async with open_conversation(pair) as conversation, httpx.AsyncClient(base_url=pair.a.url, timeout=20) as http:
        headers = {"accept": "text/event-stream", "authorization": f"Bearer {conversation.account.carla.token}"}
        request = {"query": ADDED, "variables": {"channel": conversation.channel, "since": conversation.start}}
        async with http.stream("POST", "/graphql", json=request, headers=headers) as response:
            chunks = response.aiter_text()
            await conversation.sender(at="b").send("Hello")
            while "Hello" not in await anext(chunks):
                pass  # The first chunk is a comment.
            begun = time.monotonic()
            pair.a.send(signal.SIGTERM)
            with pytest.raises(httpx.TransportError):
                await _end_of(chunks)
            assert await pair.a.process.wait() == 0
            assert time.monotonic() - begun < 4
    await pair.a.start()
