"""Faults of PostgreSQL: its listening connections and the server itself."""

import asyncio
import signal
from collections.abc import AsyncIterator

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from tests.live.faults.conversation import open_conversation
from tests.live.faults.replicas import Replicas
from tests.support.services import Postgres

pytestmark = pytest.mark.long

PACE = 0.05
ALL = text("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'internal-chat'")
BROADCAST = text(
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
    " WHERE datname = current_database() AND query ~ '^(LISTEN|SELECT pg_notify)'"
)


@pytest.fixture(autouse=True)
async def _servers_are_ready(on_postgres: Replicas) -> AsyncIterator[None]:
    await asyncio.gather(on_postgres.a.ready(), on_postgres.b.ready())
    yield
    await asyncio.gather(on_postgres.a.ready(), on_postgres.b.ready())


async def test_terminated_listening_connections(on_postgres: Replicas, engine: AsyncEngine) -> None:
    async with open_conversation(on_postgres) as conversation:
        conversation.client(at="a"), conversation.client(at="b")
        sending = asyncio.create_task(conversation.sender(at="a").send_many(60, PACE))
        for received in (10, 25, 40):
            await conversation.clients[1].has_received(received)
            async with engine.connect() as connection:
                terminated = (await connection.scalars(BROADCAST)).all()
            assert len(terminated) >= 1
        await sending
        finding = await conversation.check_deliveries("PostgreSQL's LISTEN connections terminated, three times")
    assert finding.longest_delay < 2
    assert [client.connections for client in conversation.clients] == [1, 1], "no stream was interrupted"


async def test_terminated_connections(on_postgres: Replicas, engine: AsyncEngine) -> None:
    async with open_conversation(on_postgres) as conversation:
        conversation.client(at="a"), conversation.client(at="a"), conversation.client(at="b")
        sending = asyncio.create_task(conversation.sender().send_many(60, PACE))
        for received in (10, 25, 40):
            await conversation.clients[1].has_received(received)
            async with engine.connect() as connection:
                await connection.execute(ALL)
        await sending
        await conversation.check_deliveries("every connection to PostgreSQL terminated, three times")


@pytest.mark.parametrize("number", [signal.SIGQUIT, signal.SIGKILL, signal.SIGINT], ids=lambda each: each.name)
async def test_a_restart_of_the_database_server(
    on_postgres: Replicas, postgres: Postgres, number: signal.Signals
) -> None:
    async with open_conversation(on_postgres) as conversation:
        conversation.client(at="a"), conversation.client(at="a"), conversation.client(at="b")
        sending = asyncio.gather(*(conversation.sender().send_many(30, PACE) for _ in range(3)))
        await conversation.clients[1].has_received(20)
        await postgres.end_by(number)
        assert await on_postgres.a.readiness() == 503
        await postgres.start()
        await sending
        finding = await conversation.check_deliveries(f"PostgreSQL stopped ({number.name}) and restarted")
    assert finding.longest_delay < 10


async def test_idle_streams_survive_a_restart_of_the_database_server(on_postgres: Replicas, postgres: Postgres) -> None:
    """They deliver new messages afterwards."""
    async with open_conversation(on_postgres) as conversation:
        conversation.client(at="a"), conversation.client(at="b")
        sender = conversation.sender()
        await sender.send_many(2)
        await asyncio.gather(*(client.has_received(2) for client in conversation.clients))
        await postgres.end_by(signal.SIGQUIT)
        await on_postgres.a.ready(503)
        await postgres.start()
        await sender.send_many(2)
        await conversation.check_deliveries("PostgreSQL restarted under idle streams")
    assert [client.connections for client in conversation.clients] == [1, 1]
