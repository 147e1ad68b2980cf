"""How large requests and messages on sockets can be. The token decides, before the body is read."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import suppress

import httpx
import pytest
from websockets.exceptions import ConnectionClosed

from tests.server.limits.test_bombs import SECONDS, refused_in
from tests.support.api import Account, ApiClient, Response
from tests.support.sockets import open_socket

AGENT, DIRECTORY = 256_000, 4_000_000


def body_of(size: int) -> bytes:
    """Returns a request of so many bytes."""
    start, end = b'{"query": "{ __typename }", "extensions": {"x": "', b'"}}'
    return start + b"x" * (size - len(start) - len(end)) + end


async def chunked(body: bytes) -> AsyncIterator[bytes]:
    """Without a `Content-Length`."""
    for begin in range(0, len(body), 64_000):
        yield body[begin : begin + 64_000]


def agent(account: Account) -> ApiClient:
    return account.ana


def directory(account: Account) -> ApiClient:
    return account.api.service(account.account_id)


def anonymous(account: Account) -> ApiClient:
    return account.api.anonymous()


def invalid(account: Account) -> ApiClient:
    return ApiClient(account.api.http, "invalid")


async def post(client: ApiClient, content: bytes | AsyncIterator[bytes]) -> httpx.Response:
    headers = {"content-type": "application/json"}
    if client.token is not None:
        headers["authorization"] = f"Bearer {client.token}"
    return await client.http.post("/graphql", content=content, headers=headers)


@pytest.mark.parametrize("encode", [bytes, chunked], ids=["with a length", "in chunks"])
@pytest.mark.parametrize(
    ("client_of", "limit"), [(agent, AGENT), (directory, DIRECTORY), (anonymous, AGENT), (invalid, AGENT)]
)
async def test_bodies(
    account: Account,
    client_of: Callable[[Account], ApiClient],
    limit: int,
    encode: Callable[[bytes], bytes | AsyncIterator[bytes]],
) -> None:
    client = client_of(account)
    assert (await post(client, encode(body_of(limit)))).json() == {"data": {"__typename": "Query"}}
    larger = body_of(limit + 1)
    refused = await post(client, encode(larger))
    assert (refused.status_code, Response(refused.json()).code) == (413, "BAD_USER_INPUT")
    with account.api.statements() as statements:
        spent, blocked = await refused_in(lambda: post(client, encode(larger)))
    assert (statements, spent < SECONDS, blocked < SECONDS) == ([], True, True)


async def test_a_body_that_is_announced_as_too_large_is_not_read(limited: Account, limited_url: str) -> None:
    host, port = limited_url.split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    head = ["POST /graphql HTTP/1.1", "Host: chat", "Content-Type: application/json", f"Content-Length: {AGENT + 1}"]
    writer.write("\r\n".join([*head, "", ""]).encode())
    async with asyncio.timeout(5):
        assert b"413" in await reader.readline()
    writer.close()


async def test_an_announced_length_of_thousands_of_digits_is_refused(account: Account) -> None:
    headers = {"content-type": "application/json", "content-length": "9" * 5_000}
    response = await account.api.http.post("/graphql", content=b"{}", headers=headers)
    assert response.status_code == 413


@pytest.mark.parametrize("client_of", [agent, directory])
async def test_messages_on_sockets(
    limited: Account, limited_socket_url: str, client_of: Callable[[Account], ApiClient]
) -> None:
    """A socket has the same limit for every token: frames arrive before it signs in."""
    start = '{"type": "ping", "payload": {"x": "'
    async with open_socket(limited_socket_url, client_of(limited).token) as socket:
        await socket.connection.send(f'{start}{"x" * (AGENT - len(start) - 3)}"}}}}')
        stream = await socket.subscribe("{ __typename }")
        assert await stream.next() == {"data": {"__typename": "Query"}}
        with suppress(ConnectionClosed):
            await socket.connection.send(f'{start}{"x" * (AGENT - len(start) - 2)}"}}}}')
        async with asyncio.timeout(10):
            await socket.connection.wait_closed()
        assert socket.connection.close_code == 1009


async def test_uploads_are_exempt(account: Account) -> None:
    content = b"x" * (AGENT + 1)
    assert await account.ana.upload(content)


def test_the_largest_directory_call_fits() -> None:
    """10,000 agents with names, addresses and pictures."""
    person = {"id": "x" * 12, "name": "x" * 40, "email": "x" * 40, "avatarUrl": "https://example.com/" + "x" * 80}
    assert len(json.dumps({"agents": [person] * 10_000})) < DIRECTORY
