"""One agent on two servers, which share one row about them: closing one device of two is not going away."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from tests.live.faults.replicas import Replicas
from tests.support.api import AgentClient, Json
from tests.support.sockets import Stream, open_socket

pytestmark = pytest.mark.long

PRESENCE = "subscription ($agents: [ID!]!) { chatPresenceChanged(agentIds: $agents) { id presence } }"
ONLINE = {"id": "carla", "presence": "ONLINE"}
OFFLINE = {"id": "carla", "presence": "OFFLINE"}
FAREWELL = 9.0
"""Seconds within which everybody knows that an agent is gone."""


@asynccontextmanager
async def watching(watcher: AgentClient, url: str) -> AsyncIterator[Stream]:
    async with open_socket(url, watcher.token) as socket:
        stream = await socket.subscribe(PRESENCE, agents=["carla"])
        await stream.nothing()
        yield stream


async def shown(watcher: AgentClient) -> Json:
    nodes = (await watcher.query("{ chatAgents { nodes { id presence } } }"))["chatAgents"]["nodes"]
    (carla,) = [node for node in nodes if node["id"] == "carla"]
    found: Json = carla
    return found


@pytest.fixture(params=["without_broker", "on_postgres"])
def pair(request: pytest.FixtureRequest) -> Replicas:
    found: Replicas = request.getfixturevalue(request.param)
    return found


async def test_who_is_still_on_another_server_never_seems_gone(pair: Replicas) -> None:
    account = await pair.create_account()
    a, b = pair.socket_urls
    async with watching(account.bruno, a) as at_a, watching(account.davi, b) as at_b:
        async with open_socket(a, account.carla.token):
            assert await at_a.data() == ONLINE
            async with open_socket(b, account.carla.token):
                await at_a.nothing(1)
            await at_a.nothing(FAREWELL)
            assert await shown(account.bruno) == ONLINE
        assert await at_a.data(FAREWELL) == OFFLINE
        at_b_seen = [await at_b.data()]
        if at_b_seen == [ONLINE]:
            at_b_seen.append(await at_b.data())
        assert at_b_seen[-1] == OFFLINE
        await at_b.nothing()


async def test_a_token_renewed_on_the_other_server(on_postgres: Replicas) -> None:
    """A new socket, then the old one is closed: as docs/delivery.md says."""
    account = await on_postgres.create_account()
    a, b = on_postgres.socket_urls
    async with watching(account.bruno, a) as stream:
        async with open_socket(a, account.carla.token) as old:
            assert await stream.data() == ONLINE
            async with open_socket(b, account.carla.token):
                await old.close()
                await stream.nothing(FAREWELL)
        assert await stream.data(FAREWELL) == OFFLINE
