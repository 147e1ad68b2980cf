"""Clients that do not read, do not sign in, or do not finish a request, and a server process that limits them."""

import asyncio
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import httpx
import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.typing import Subprotocol

from server.settings import Settings
from tests.support.api import AgentClient, Api
from tests.support.services import SECRET, ServerProcess
from tests.support.sockets import open_socket
from tests.support.waiting import until_true

PROTOCOL = Subprotocol("graphql-transport-ws")
SEND_SECONDS, SIGN_IN_SECONDS, HEAD_SECONDS = 4, 2, 2
PER_ADDRESS, PER_PROCESS = 4, 10
PATIENCE = 40
"""How many seconds the buffers between client and server may take to fill up, and the server to act on it."""

LATE = 1.5
"""How many seconds after its time the server may act, on a busy machine."""

TEXT, PING = 1, 9
UPGRADE = (
    b"GET /graphql HTTP/1.1\r\nHost: chat\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
    b"Sec-WebSocket-Protocol: graphql-transport-ws\r\n\r\n"
)
POST = (
    b"POST /graphql HTTP/1.1\r\nHost: chat\r\nContent-Type: application/json\r\nContent-Length: 27\r\n\r\n"
    b'{"query": "{ __typename }"}'
)


@pytest.fixture(scope="module")
async def server(worker_folder: Path, database_url: str) -> AsyncIterator[ServerProcess]:
    server = ServerProcess(
        worker_folder,
        database_url,
        "memory://",
        CHAT_SEND_SECONDS=str(SEND_SECONDS),
        CHAT_SIGN_IN_SECONDS=str(SIGN_IN_SECONDS),
        CHAT_HEAD_SECONDS=str(HEAD_SECONDS),
        CHAT_UNAUTHENTICATED_SOCKETS=str(PER_PROCESS),
        CHAT_UNAUTHENTICATED_SOCKETS_PER_ADDRESS=str(PER_ADDRESS),
    )
    await server.start()
    yield server
    await server.stop()


@pytest.fixture
async def agent(server: ServerProcess, api: Api) -> AsyncIterator[AgentClient]:
    """An agent of the server process, which shares the database with the application of the other tests."""
    account = await api.create_account()
    async with httpx.AsyncClient(base_url=server.url) as http:
        yield Api(http, Settings(jwt_secret=SECRET), api.engine).agent(account.account_id, "bruno")


# ------------------------------------------------------------------ clients that do not read
@pytest.mark.parametrize("kind", ["frames", "messages"])
async def test_the_pongs_of_a_client_that_does_not_read_take_little_memory(
    server: ServerProcess, agent: AgentClient, kind: str
) -> None:
    """The client sends as much as the server accepts, until it is disconnected. Others are served meanwhile."""
    pings = _frame(PING, b"x" * 125) * 400 if kind == "frames" else _frame(TEXT, b'{"type":"ping"}') * 2_000
    async with open_socket(server.socket_url, agent.token) as other:
        before = _memory(server)
        with _raw_connection(server) as silent:
            await _upgrade(silent)
            await _send_init(silent, agent.token)
            peak = max([memory async for memory in _memory_until_disconnected(server, silent, pings)])
        assert peak - before < 16
        answer = await other.subscribe("{ __typename }")
        assert await answer.next() == {"data": {"__typename": "Query"}}


async def test_a_client_that_reads_its_pongs_again_is_served(server: ServerProcess, agent: AgentClient) -> None:
    """It receives the answer to every ping, and what it sent after them."""
    loop, count = asyncio.get_running_loop(), 100_000
    with _raw_connection(server) as slow:
        await _upgrade(slow)
        await _send_init(slow, agent.token)
        pings = asyncio.create_task(loop.sock_sendall(slow, _frame(PING, b"x" * 125) * count))
        await asyncio.sleep(SEND_SECONDS / 2)
        assert not pings.done(), "the server reads while the client does not"
        last = _frame(TEXT, b'{"type":"subscribe","id":"1","payload":{"query":"{ __typename }"}}')
        received, expected = bytearray(), count * 127
        while len(received) < expected:
            received += await _received(slow)
        await pings
        assert received == (bytes([0x8A, 125]) + b"x" * 125) * count
        await loop.sock_sendall(slow, last)
        assert b'"__typename":"Query"' in await loop.sock_recv(slow, 65_536)


# ------------------------------------------------------------------ clients that do not sign in
async def test_sockets_without_init_are_closed_in_time(server: ServerProcess) -> None:
    async with connect(server.socket_url, subprotocols=[PROTOCOL]) as connection:
        assert await _seconds_until_closed(connection) == pytest.approx(SIGN_IN_SECONDS, abs=LATE)
        assert connection.close_code == 4408


async def test_sockets_without_a_token_are_closed_in_time(server: ServerProcess) -> None:
    async with connect(server.socket_url, subprotocols=[PROTOCOL]) as connection:
        await connection.send('{"type": "connection_init"}')
        assert "connection_ack" in str(await connection.recv())
        assert await _seconds_until_closed(connection) == pytest.approx(SIGN_IN_SECONDS, abs=LATE)
        assert connection.close_code == 4401


async def test_sockets_that_neither_sign_in_nor_read_are_aborted_in_time(server: ServerProcess) -> None:
    loop = asyncio.get_running_loop()
    with _raw_connection(server) as silent:
        await _upgrade(silent)
        begun = loop.time()
        pings = _frame(PING, b"x" * 125) * 400
        assert [memory async for memory in _memory_until_disconnected(server, silent, pings)]
        assert SIGN_IN_SECONDS - LATE < loop.time() - begun < SIGN_IN_SECONDS + 1 + LATE


async def test_signed_in_sockets_stay_open_and_do_not_count(server: ServerProcess, agent: AgentClient) -> None:
    async with asyncio.TaskGroup() as opening:
        closed = [opening.create_task(_stays_open(server, agent)) for _ in range(PER_ADDRESS)]
        await asyncio.sleep(SIGN_IN_SECONDS + LATE)
        await asyncio.gather(*(_stays_open(server, agent, 0) for _ in range(PER_ADDRESS)))
    assert all(task.result() for task in closed)


async def test_an_address_has_a_limited_number_of_sockets(server: ServerProcess) -> None:
    """Sockets that are closed make room for others. The limit is per client, also behind a trusted proxy."""
    first = [await connect(server.socket_url, subprotocols=[PROTOCOL]) for _ in range(PER_ADDRESS)]
    assert await _refusal(server, {}) == 429
    assert await _refusal(server, {"x-forwarded-for": "192.0.2.1"}) is None
    assert await _refusal(server, {"x-forwarded-for": "127.0.0.1"}) == 429
    await first.pop().close()
    await _until_admitted(server)
    for connection in first:
        await connection.close()


async def test_the_process_has_a_limited_number_of_sockets(server: ServerProcess, agent: AgentClient) -> None:
    """Requests and signed-in sockets are not affected."""
    async with open_socket(server.socket_url, agent.token) as signed_in:
        opened = [
            await connect(server.socket_url, subprotocols=[PROTOCOL], additional_headers={"x-forwarded-for": address})
            for address in (f"2001:db8:0:{number:x}::1" for number in range(PER_PROCESS))
        ]
        assert await _refusal(server, {"x-forwarded-for": "192.0.2.1"}) == 503
        assert (await (await signed_in.subscribe("{ __typename }")).next())["data"]
        assert (await agent.query("{ chatViewer { agent { id } } }"))["chatViewer"]["agent"]["id"] == "bruno"
        for connection in opened:
            await connection.close()
        await _until_admitted(server)


# ------------------------------------------------------------------ clients that do not finish a request
@pytest.mark.parametrize("start", [b"", b"\r\n", b"POST /graphql HTTP/1.1\r\nHost: chat\r\n"])
async def test_a_head_that_does_not_arrive_is_answered_with_408(server: ServerProcess, start: bytes) -> None:
    """However often the client sends a part of it."""
    with _raw_connection(server) as slow:
        assert await _answer_to_slow_head(slow, start) == b"HTTP/1.1 408 Request Timeout"


async def test_a_later_head_that_does_not_arrive_is_answered_with_408(server: ServerProcess) -> None:
    loop = asyncio.get_running_loop()
    with _raw_connection(server) as slow:
        await loop.sock_sendall(slow, POST)
        answer = b""
        while not answer.endswith(b'{"data":{"__typename":"Query"}}'):
            answer += await _received(slow)
        assert await _answer_to_slow_head(slow, b"POST /graphql HTTP/1.1\r\n") == b"HTTP/1.1 408 Request Timeout"


async def test_a_head_without_end_is_answered_with_431(server: ServerProcess) -> None:
    loop = asyncio.get_running_loop()
    with _raw_connection(server) as endless:
        await loop.sock_sendall(endless, b"GET /graphql HTTP/1.1\r\nHost: chat\r\nX-Long: " + b"x" * 70_000)
        assert (await loop.sock_recv(endless, 4_096)).startswith(b"HTTP/1.1 431")


async def test_a_body_may_take_longer_than_a_head(server: ServerProcess) -> None:
    loop = asyncio.get_running_loop()
    with _raw_connection(server) as slow:
        await loop.sock_sendall(slow, POST[:-5])
        await asyncio.sleep(HEAD_SECONDS + LATE)
        await loop.sock_sendall(slow, POST[-5:])
        assert (await loop.sock_recv(slow, 4_096)).startswith(b"HTTP/1.1 200")


# ------------------------------------------------------------------ steps
def _memory(server: ServerProcess) -> float:
    """Returns the resident memory of the server process, in MB."""
    status = Path(f"/proc/{server.process.pid}/status").read_text()
    (line,) = (line for line in status.splitlines() if line.startswith("VmRSS"))
    return int(line.split()[1]) / 1_024


async def _memory_until_disconnected(server: ServerProcess, silent: socket.socket, data: bytes) -> AsyncIterator[float]:
    """Sends the data again and again. Yields the memory of the server, in MB, until it ends the connection."""
    loop = asyncio.get_running_loop()
    async with asyncio.timeout(PATIENCE):
        with suppress(ConnectionError):
            while True:
                await loop.sock_sendall(silent, data)
                yield _memory(server)


def _frame(opcode: int, payload: bytes) -> bytes:
    """Returns a masked frame of a client."""
    short = len(payload) < 126
    length = bytes([0x80 | len(payload)]) if short else bytes([0x80 | 126]) + len(payload).to_bytes(2, "big")
    return bytes([0x80 | opcode]) + length + bytes(4) + payload


@contextmanager
def _raw_connection(server: ServerProcess) -> Iterator[socket.socket]:
    with socket.socket() as raw:
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
        raw.connect(("127.0.0.1", server.port))
        raw.settimeout(0)
        yield raw


async def _received(raw: socket.socket) -> bytes:
    """Returns the next bytes. Fails if the server has ended the connection."""
    data = await asyncio.get_running_loop().sock_recv(raw, 65_536)
    assert data, "the connection has ended"
    return data


async def _upgrade(raw: socket.socket) -> None:
    loop = asyncio.get_running_loop()
    await loop.sock_sendall(raw, UPGRADE)
    assert (await loop.sock_recv(raw, 4_096)).startswith(b"HTTP/1.1 101")


async def _send_init(raw: socket.socket, token: str | None) -> None:
    loop = asyncio.get_running_loop()
    init = b'{"type":"connection_init","payload":{"authorization":"Bearer %b"}}' % (token or "").encode()
    await loop.sock_sendall(raw, _frame(TEXT, init))
    assert b"connection_ack" in await loop.sock_recv(raw, 4_096)


async def _seconds_until_closed(connection: ClientConnection) -> float:
    loop = asyncio.get_running_loop()
    begun = loop.time()
    with pytest.raises(ConnectionClosed):
        await connection.recv()
    return loop.time() - begun


async def _stays_open(server: ServerProcess, agent: AgentClient, seconds: float = SIGN_IN_SECONDS + LATE) -> bool:
    """Returns whether a signed-in socket still answers after this time."""
    async with open_socket(server.socket_url, agent.token) as signed_in:
        await asyncio.sleep(seconds)
        return "data" in await (await signed_in.subscribe("{ __typename }")).next()


async def _refusal(server: ServerProcess, headers: dict[str, str]) -> int | None:
    """Returns the status with which the server refuses a socket; None if it accepts it."""
    try:
        async with connect(server.socket_url, subprotocols=[PROTOCOL], additional_headers=headers):
            return None
    except InvalidStatus as refused:
        return refused.response.status_code


async def _until_admitted(server: ServerProcess) -> None:
    async def admitted() -> bool:
        return await _refusal(server, {}) is None

    await until_true(admitted, "a socket is accepted")


async def _answer_to_slow_head(raw: socket.socket, start: bytes) -> bytes:
    """Sends the start of a head and then a header again and again. Returns the status line of the answer."""
    loop = asyncio.get_running_loop()
    begun = loop.time()
    answer = asyncio.create_task(loop.sock_recv(raw, 4_096))
    await loop.sock_sendall(raw, start)
    while not answer.done():
        assert loop.time() - begun < HEAD_SECONDS + LATE
        await asyncio.wait([answer], timeout=0.2)
        if start and not answer.done():
            await loop.sock_sendall(raw, b"X: y\r\n" if start.strip() else b"\r\n")
    assert loop.time() - begun > HEAD_SECONDS - LATE
    return (await answer).split(b"\r\n")[0]
