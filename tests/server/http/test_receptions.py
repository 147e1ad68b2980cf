"""How many uploads are received at the same time."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

import httpx

from server.http.receptions import PER_AGENT, PER_UPLOAD
from tests.support.api import Account


@asynccontextmanager
async def _being_received(http: httpx.AsyncClient, path: str) -> AsyncIterator[None]:
    """A PUT whose body is complete only at the end of the block."""
    started, ending = asyncio.Event(), asyncio.Event()

    async def content() -> AsyncIterator[bytes]:
        started.set()
        await ending.wait()
        yield b"abc"

    request = asyncio.create_task(http.put(path, content=content()))
    await started.wait()
    yield
    ending.set()
    await request


async def test_an_upload_and_an_agent_have_a_limit_of_concurrent_requests(account: Account) -> None:
    http = account.bruno.http
    paths = [(await account.bruno.create_upload(3))[1] for _ in range(PER_AGENT + 2)]
    _, path_of_carla = await account.carla.create_upload(3)
    async with AsyncExitStack() as stack:
        for _ in range(PER_UPLOAD):
            await stack.enter_async_context(_being_received(http, paths[0]))
        refused = await http.put(paths[0], content=b"abc")
        assert (refused.status_code, refused.json()["errors"][0]["extensions"]["code"]) == (429, "RATE_LIMITED")
        assert (await http.put(paths[1], content=b"abc")).status_code == 204, "another upload"
        for path in paths[2 : 2 + PER_AGENT - PER_UPLOAD]:
            await stack.enter_async_context(_being_received(http, path))
        assert (await http.put(paths[-1], content=b"abc")).status_code == 429
        assert (await http.put(path_of_carla, content=b"abc")).status_code == 204
    assert (await http.put(paths[-1], content=b"abc")).status_code == 204
