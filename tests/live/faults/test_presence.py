"""An agent with sockets on two servers, which share one row about the agent: closing one of two sockets does not show
the agent offline."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select
from sqlmodel import col

from models import Presence
from tests.live.faults.clients import until_delivered
from tests.live.faults.replicas import Replicas
from tests.support.api import Account, AgentClient, Json
from tests.support.sockets import Stream, open_socket
from tests.support.waiting import until_true

pytestmark = pytest.mark.long

PRESENCE = "subscription ($agents: [ID!]!) { chatPresenceChanged(agentIds: $agents) { id presence status { text } } }"
SUBSCRIBED, MARKER = "subscribed", "marker"
"""Agents whose changes of presence show that a stream is subscribed, and that it has delivered everything before."""

ONLINE = {"id": "carla", "presence": "ONLINE", "status": None}
OFFLINE = {"id": "carla", "presence": "OFFLINE", "status": None}
PATIENCE = 20.0


@pytest.fixture(params=["without_broker", "on_postgres", pytest.param("on_redis", marks=pytest.mark.redis)])
def pair(request: pytest.FixtureRequest) -> Replicas:
    found: Replicas = request.getfixturevalue(request.param)
    return found


async def test_an_agent_with_a_socket_on_another_server_stays_online(pair: Replicas) -> None:
    account = await _create_account(pair)
    a, b = pair.socket_urls
    subscribed = account.agent(SUBSCRIBED)
    async with (
        _watch(account.bruno, a, subscribed) as at_a,
        _watch(account.davi, b, pair.on_b(subscribed)) as at_b,
    ):
        async with open_socket(a, account.carla.token):
            assert await _next_of_carla(at_a) == ONLINE
            recorded = await _connected_until(account)
            async with open_socket(b, account.carla.token):
                await _until_extended(account, recorded)
            await _until_extended(account, await _connected_until(account))
            await _nothing_of_carla(account, at_a)
            assert await _presence_of_carla(account.bruno) == ONLINE
        assert await _next_of_carla(at_a) == OFFLINE
        seen_at_b = [await _next_of_carla(at_b)]
        if seen_at_b == [ONLINE]:
            seen_at_b.append(await _next_of_carla(at_b))
        assert seen_at_b[-1] == OFFLINE


async def test_an_agent_who_renews_the_token_on_the_other_server_stays_online(on_postgres: Replicas) -> None:
    """The client opens a new socket and then closes the old one, as docs/delivery.md describes."""
    account = await _create_account(on_postgres)
    a, b = on_postgres.socket_urls
    async with _watch(account.bruno, a, account.agent(SUBSCRIBED)) as stream:
        async with open_socket(a, account.carla.token) as old:
            assert await _next_of_carla(stream) == ONLINE
            recorded = await _connected_until(account)
            async with open_socket(b, account.carla.token):
                await _until_extended(account, recorded)
                recorded = await _connected_until(account)
                await old.close()
                await _until_extended(account, recorded)
                await _nothing_of_carla(account, stream)
        assert await _next_of_carla(stream) == OFFLINE


@pytest.mark.redis
async def test_a_status_is_reported_by_both_servers_when_it_is_set_and_when_it_ends(on_redis: Replicas) -> None:
    account = await _create_account(on_redis)
    a, b = on_redis.socket_urls
    subscribed = account.agent(SUBSCRIBED)
    async with (
        _watch(account.bruno, a, subscribed) as at_a,
        _watch(account.davi, b, on_redis.on_b(subscribed)) as at_b,
    ):
        until = (datetime.now(UTC) + timedelta(seconds=3)).isoformat()
        status = {"text": "Almoço", "until": until}
        await account.carla.mutate("setChatPresence", "viewer { sendKey }", status=status)
        for stream in (at_a, at_b):
            assert await _next_of_carla(stream) == {**OFFLINE, "status": {"text": "Almoço"}}
            assert await _next_of_carla(stream) == OFFLINE


async def _create_account(pair: Replicas) -> Account:
    account = await pair.create_account()
    await account.sync(agents=[{"id": id, "name": id} for id in (SUBSCRIBED, MARKER)])
    return account


@asynccontextmanager
async def _watch(watcher: AgentClient, url: str, other: AgentClient) -> AsyncIterator[Stream]:
    """Yields a subscribed stream. `other` is the client of another agent at the same server."""
    async with open_socket(url, watcher.token) as socket:
        stream = await socket.subscribe(PRESENCE, agents=["carla", SUBSCRIBED, MARKER])
        await until_delivered(stream, lambda: _change_presence(other))
        yield stream


async def _change_presence(agent: AgentClient) -> None:
    await agent.mutate("setChatPresence", "viewer { sendKey }", presence="BUSY")


async def _next_of_carla(stream: Stream) -> Json:
    while (event := await stream.data(PATIENCE))["id"] != "carla":
        pass
    return event


async def _nothing_of_carla(account: Account, stream: Stream) -> None:
    """Passes if the stream delivers the change of another agent without one of carla before."""
    await _change_presence(account.agent(MARKER))
    while (event := await stream.data(PATIENCE))["id"] != MARKER:
        assert event["id"] != "carla", event


async def _presence_of_carla(viewer: AgentClient) -> Json:
    nodes = (await viewer.query("{ chatAgents { nodes { id presence status { text } } } }"))["chatAgents"]["nodes"]
    (carla,) = [node for node in nodes if node["id"] == "carla"]
    found: Json = carla
    return found


async def _connected_until(account: Account) -> datetime:
    """Returns until when carla counts as connected."""
    statement = select(col(Presence.connected_until)).where(
        col(Presence.account_id) == account.account_id, col(Presence.agent_id) == "carla"
    )
    async with account.api.engine.connect() as connection:
        found = await connection.scalar(statement)
    assert isinstance(found, datetime)
    return found


async def _until_extended(account: Account, before: datetime) -> None:
    """Waits until a server with a socket of carla has extended the row. What happened before cannot expire it."""

    async def extended() -> bool:
        return await _connected_until(account) > before

    await until_true(extended, "the row of carla extended", PATIENCE)
