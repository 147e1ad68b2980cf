"""The network between the servers and PostgreSQL becomes a black hole: connections stay open and are silent."""

import asyncio
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import AsyncEngine

from tests.live.faults.conversation import open_conversation
from tests.live.faults.proxy import Proxy
from tests.live.faults.replicas import Replicas, replicas
from tests.support.services import Postgres

pytestmark = pytest.mark.long

PACE = 0.05
PATIENCE = 60
AT_ONCE = 16
"""Concurrent requests, which leave as many connections in a server's pool."""


@pytest.fixture(scope="module")
async def database_wire(postgres: Postgres) -> AsyncIterator[Proxy]:
    where = make_url(postgres.url).query
    proxy = Proxy(lambda: asyncio.open_unix_connection(f"{where['host']}/.s.PGSQL.{where['port']}"))
    await proxy.start()
    yield proxy
    await proxy.stop()


@pytest.fixture(scope="module")
async def pair(folder: Path, postgres: Postgres, engine: AsyncEngine, database_wire: Proxy) -> AsyncIterator[Replicas]:
    url = make_url(postgres.url).set(host="127.0.0.1", port=database_wire.port, query={})
    async with replicas(folder, url.render_as_string(hide_password=False), engine, "postgres://") as pair:
        yield pair


@pytest.fixture(autouse=True)
async def _full_pools(pair: Replicas) -> None:
    """Fills the pools of both servers with connections."""
    account = await pair.create_account()
    for seat in pair.both(account.ana):
        await asyncio.gather(*(seat.query("{ chatViewer { position } }") for _ in range(AT_ONCE)))


async def test_a_failover_that_closes_no_connection(pair: Replicas, database_wire: Proxy) -> None:
    """Streams continue, no request waits for one dead connection after the other, and the locks of interrupted
    transactions are released."""
    async with open_conversation(pair) as conversation:
        conversation.client(at="a"), conversation.client(at="b")
        sending = asyncio.gather(*(conversation.sender().send_many(60, PACE) for _ in range(3)))
        await conversation.clients[1].has_received(60)
        database_wire.abandon()
        async with asyncio.timeout(PATIENCE):
            await sending
        finding = await conversation.check_deliveries("PostgreSQL's connections a black hole, new ones served")
    assert finding.longest_delay < 20
    assert conversation.send_log.slowest_answer < 40


async def test_a_server_is_not_ready_while_the_database_does_not_answer(pair: Replicas, database_wire: Proxy) -> None:
    await pair.a.ready()
    database_wire.passing.clear()
    begun = time.monotonic()
    try:
        assert await pair.a.readiness() == 503
        assert time.monotonic() - begun < 5
    finally:
        database_wire.passing.set()
    await pair.a.ready()
