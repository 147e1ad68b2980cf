"""Faults of a server process, and of the network between it and its clients."""

import asyncio
import signal
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from tests.live.faults.conversation import open_conversation
from tests.live.faults.proxy import Proxy
from tests.live.faults.replicas import Replicas, replicas
from tests.support.services import Postgres
from tests.support.sockets import Ended, open_socket
from tests.support.waiting import until_true

pytestmark = pytest.mark.long

PACE = 0.03


@pytest.fixture(scope="module")
async def pair(folder: Path, postgres: Postgres, engine: AsyncEngine) -> AsyncIterator[Replicas]:
    """Servers that tests can kill."""
    async with replicas(folder, postgres.url, engine, "postgres://") as pair:
        yield pair


@pytest.fixture
async def client_wire(pair: Replicas) -> AsyncIterator[Proxy]:
    proxy = Proxy(lambda: asyncio.open_connection("127.0.0.1", pair.a.port))
    await proxy.start()
    yield proxy
    await proxy.stop()


async def test_clients_of_a_killed_server_resume_at_the_other(pair: Replicas) -> None:
    async with open_conversation(pair) as conversation:
        conversation.client(), conversation.client(at="b")
        sending = asyncio.gather(*(conversation.sender().send_many(40, PACE) for _ in range(3)))
        await conversation.clients[0].has_received(30)
        await pair.a.end_by(signal.SIGKILL)
        await conversation.clients[0].has_received(60)
        await pair.a.start()
        await sending
        await conversation.check_deliveries("a server killed (SIGKILL), its client goes to the other")
    assert conversation.clients[0].connections > 1
    assert conversation.clients[1].connections == 1


async def test_clients_of_a_frozen_server_resume_at_the_other(pair: Replicas) -> None:
    async with open_conversation(pair) as conversation:
        conversation.client(), conversation.client(at="b")
        sending = asyncio.create_task(conversation.sender(at="b").send_many(100, PACE))
        await conversation.clients[0].has_received(20)
        pair.a.send(signal.SIGSTOP)
        try:
            await sending
            await conversation.check_deliveries("a server frozen (SIGSTOP), its client goes to the other")
        finally:
            pair.a.send(signal.SIGCONT)
    await pair.a.ready()


async def test_clients_resume_after_network_failures(pair: Replicas, client_wire: Proxy) -> None:
    async with open_conversation(pair) as conversation:
        through = f"ws://127.0.0.1:{client_wire.port}/graphql"
        client = conversation.client(urls=[through] * 4 + [pair.b.socket_url])
        always = conversation.client(urls=[through])
        sending = asyncio.create_task(conversation.sender(at="b").send_many(150, PACE))
        for received in (15, 30, 45):
            await always.has_received(received)
            client_wire.reset()
        await always.has_received(60)
        client_wire.passing.clear()
        await client.has_received(110)
        client_wire.reset()
        client_wire.passing.set()
        await sending
        await conversation.check_deliveries("the network to the client reset, then a black hole")
    assert client.connections == 5, "after three resets and a black hole, at the other server"


async def test_clients_of_a_draining_server_resume_at_the_other(pair: Replicas) -> None:
    """The server first reports that it is not ready, and then closes its sockets with 1012. No acknowledged message is
    lost."""
    async with open_conversation(pair) as conversation:
        conversation.client(), conversation.client(at="b")
        async with open_socket(pair.a.socket_url, conversation.account.davi.token) as socket:
            stream = await socket.subscribe("subscription { chatInboxChanged { channelId } }")
            sending = asyncio.gather(*(conversation.sender().send_many(30, PACE) for _ in range(3)))
            await conversation.clients[0].has_received(20)
            async with httpx.AsyncClient(base_url=pair.a.url) as http:
                await http.get("/healthz")
                pair.a.send(signal.SIGTERM)
                await until_true(lambda: _not_ready(http), "the draining server says so")
            with pytest.raises(Ended) as ended:
                await stream.data()
            assert ended.value.code == 1012
        assert await pair.a.process.wait() == 0
        await pair.a.start()
        await sending
        await conversation.check_deliveries("a server drained (SIGTERM), its client goes to the other")


async def _not_ready(http: httpx.AsyncClient) -> bool:
    answer = await http.get("/readyz")
    return answer.status_code == 503 and answer.json()["accepting"] is False


async def test_healthz_and_readyz(pair: Replicas, postgres: Postgres) -> None:
    """Without its database, a server is healthy but not ready. It is ready again when the database is back."""
    async with httpx.AsyncClient(base_url=pair.a.url) as http:
        ready = await http.get("/readyz")
        assert (ready.status_code, set(ready.json().values())) == (200, {True})
        await postgres.end_by(signal.SIGQUIT)
        try:
            alive, unready = await http.get("/healthz"), await http.get("/readyz")
        finally:
            await postgres.start()
        assert (alive.status_code, unready.status_code) == (200, 503)
        assert unready.json()["database"] is False
        await pair.a.ready()
