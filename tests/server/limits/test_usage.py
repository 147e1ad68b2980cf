"""How many requests, sockets and event streams an agent can have at a time."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from chat.identity import AgentToken, DirectoryToken
from server.limits.settings import LimitSettings
from server.limits.usage import TooMany, Usage
from tests.support.api import Account, AgentClient, Response
from tests.support.sockets import Ended, Socket, open_socket
from tests.support.waiting import until, until_true

EXPIRES = datetime.now(UTC) + timedelta(hours=1)
ANA, BRUNO = (AgentToken("account", agent, EXPIRES) for agent in ("ana", "bruno"))
STREAM = "subscription { chatInboxChanged { channelId } }"


def test_sockets_count_per_agent_and_per_account() -> None:
    usage = Usage(LimitSettings(sockets_per_agent=2, sockets_per_account=3))
    with usage.socket(ANA), usage.socket(ANA):
        with pytest.raises(TooMany, match="An agent can have at most 2"), usage.socket(ANA):
            pass
        with usage.socket(BRUNO):
            with pytest.raises(TooMany, match="An account can have at most 3"), usage.socket(BRUNO):
                pass
            with usage.socket(AgentToken("another", "bruno", EXPIRES)):
                pass
        with usage.socket(DirectoryToken("account", EXPIRES)):
            pass
    assert not usage._sockets
    assert not usage._account_sockets


def test_clients_without_a_token_are_not_counted() -> None:
    usage = Usage(LimitSettings(sockets_per_agent=1, requests_per_agent=1))
    with usage.socket(None), usage.socket(None), usage.request(None), usage.request(None):
        pass


# ------------------------------------------------------------------ requests


async def never_ending_body(started: asyncio.Event) -> AsyncIterator[bytes]:
    yield b'{"query": '
    started.set()
    await asyncio.Event().wait()


async def post(client: AgentClient) -> httpx.Response:
    headers = {"authorization": f"Bearer {client.token}"}
    return await client.http.post("/graphql", json={"query": "{ chatViewer { id } }"}, headers=headers)


async def test_an_agent_has_at_most_ten_requests_at_a_time(limited: Account, limited_url: str) -> None:
    """A request counts from its head on: those that do not send their bodies count too."""
    headers = {"authorization": f"Bearer {limited.ana.token}", "content-type": "application/json"}
    async with httpx.AsyncClient(base_url=f"http://{limited_url}") as http:
        begun = [asyncio.Event() for _ in range(9)]
        pending = [
            asyncio.create_task(http.post("/graphql", content=never_ending_body(event), headers=headers))
            for event in begun
        ]
        await asyncio.gather(*(event.wait() for event in begun))
        await asyncio.sleep(0.2)
        assert (await post(limited.ana)).status_code == 200
        tenth = asyncio.create_task(http.post("/graphql", content=never_ending_body(asyncio.Event()), headers=headers))
        with limited.api.statements() as statements:
            refused = await post(limited.ana)
            while refused.status_code == 200:
                statements.clear()
                refused = await post(limited.ana)
        assert (refused.status_code, Response(refused.json()).code, statements) == (429, "RATE_LIMITED", [])
        assert refused.headers["retry-after"] == "1"
        assert (await post(limited.bruno)).status_code == 200
        for task in (*pending, tenth):
            task.cancel()
        await asyncio.gather(*pending, tenth, return_exceptions=True)

    async def is_served() -> bool:
        return (await post(limited.ana)).status_code == 200

    await until_true(is_served, "the requests have ended")


# ------------------------------------------------------------------ sockets


async def test_an_agent_has_at_most_twenty_sockets(limited: Account, limited_socket_url: str) -> None:
    """The 21st is closed with 4429, which clients of the protocol treat as final: they do not reconnect."""
    async with AsyncExitStack() as stack:
        sockets: list[Socket] = []
        for _ in range(20):
            sockets.append(await stack.enter_async_context(open_socket(limited_socket_url, limited.ana.token)))
        with pytest.raises(Ended) as refused:
            async with open_socket(limited_socket_url, limited.ana.token):
                pass
        assert refused.value.code == 4429
        async with open_socket(limited_socket_url, limited.bruno.token) as other:
            assert "errors" not in await (await other.subscribe("{ chatViewer { id } }")).next()
        assert "errors" not in await (await sockets[0].subscribe("{ chatViewer { id } }")).next()
        assert (await post(limited.ana)).status_code == 200, "requests are counted separately"
        await sockets[1].close()
        await until_admitted(limited_socket_url, limited.ana)


async def until_admitted(url: str, agent: AgentClient) -> None:
    async with asyncio.timeout(10):
        while True:
            try:
                async with open_socket(url, agent.token):
                    return
            except Ended:
                await asyncio.sleep(0.02)


async def test_event_streams_count_as_sockets(limited: Account, limited_url: str, limited_socket_url: str) -> None:
    headers = {"authorization": f"Bearer {limited.carla.token}", "accept": "text/event-stream"}
    limits = httpx.Limits(max_connections=30)
    async with AsyncExitStack() as stack:
        http = await stack.enter_async_context(httpx.AsyncClient(base_url=f"http://{limited_url}", limits=limits))

        async def stream() -> httpx.Response:
            request = http.build_request("POST", "/graphql", json={"query": STREAM}, headers=headers)
            response = await http.send(request, stream=True)
            stack.push_async_callback(response.aclose)
            return response

        for _ in range(19):
            assert (await stream()).status_code == 200
        await stack.enter_async_context(open_socket(limited_socket_url, limited.carla.token))
        refused = await stream()
        assert refused.status_code == 429
        assert Response(httpx.Response(429, content=await refused.aread()).json()).code == "RATE_LIMITED"
    connections = limited.api.hub
    await until(lambda: connections.stream_count(limited.account_id) == 0, "the streams have ended")
    async with (
        httpx.AsyncClient(base_url=f"http://{limited_url}") as http,
        http.stream("POST", "/graphql", json={"query": STREAM}, headers=headers) as response,
    ):
        assert response.status_code == 200
