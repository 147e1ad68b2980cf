"""A query that runs too long is ended, and its statements with it."""

import asyncio
import time
from collections.abc import AsyncIterator

import httpx
import pytest
from sqlalchemy import ARRAY
from starlette.applications import Starlette

import loaders.channels
from models.columns import IDENTIFIER, TEXT_ARRAY
from models.statements import Statement, sql
from server.app import create_app
from server.settings import Settings
from tests.support.api import Account, Api
from tests.support.waiting import until_true

SECONDS = 0.3
QUERY = 'query { chatChannel(id: "chn_00000000000000000000000000000000") { id } }'


def sleeping(seconds: float) -> Statement:
    """Returns a statement that takes the place of the one that reads channels, and finds none."""
    return sql(
        f"SELECT pg_sleep({seconds}) FROM CAST(:account_id AS text)"
        " WHERE :agent_ids <> '{}' AND :ids <> '{}' OFFSET 1",
        agent_ids=TEXT_ARRAY,
        ids=ARRAY(IDENTIFIER),
    )


@pytest.fixture(scope="module")
async def impatient_app(settings: Settings, database_url: str) -> AsyncIterator[Starlette]:
    app = create_app(settings.model_copy(update={"query_seconds": SECONDS}), database_url)
    async with app.router.lifespan_context(app):
        yield app


@pytest.fixture
async def impatient(impatient_app: Starlette, api: Api) -> AsyncIterator[Account]:
    """An account of a server whose queries may take less time."""
    transport = httpx.ASGITransport(impatient_app)
    async with httpx.AsyncClient(transport=transport, base_url="http://chat.test") as http:
        pools = impatient_app.state.pools
        yield await Api(http, api.settings, api.engine, impatient_app.state.hub, pools).create_account()


async def sleepers(account: Account) -> int:
    """Returns how many statements are sleeping in the database."""
    async with account.api.engine.connect() as connection:
        found = await connection.exec_driver_sql(
            "SELECT count(*) FROM pg_stat_activity"
            " WHERE datname = current_database() AND wait_event = 'PgSleep' AND state = 'active'"
        )
        return int(found.scalar_one())


async def test_a_query_that_runs_too_long_is_ended_with_its_statements(
    impatient: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    ana = impatient.ana
    assert await ana.query(QUERY) == {"chatChannel": None}
    monkeypatch.setattr(loaders.channels, "_SEATS", sleeping(30))
    request = asyncio.create_task(ana.execute(QUERY))

    async def is_sleeping() -> bool:
        return await sleepers(impatient) == 1

    async def is_cancelled() -> bool:
        return await sleepers(impatient) == 0

    await until_true(is_sleeping, "the statement runs", 5)
    begun = time.monotonic()
    response = await request
    assert (response.code, response.body["data"]) == ("COST_EXCEEDED", None)
    await until_true(is_cancelled, "the statement is cancelled", 5)
    assert time.monotonic() - begun < 10
    monkeypatch.undo()
    assert await ana.query(QUERY) == {"chatChannel": None}, "the connections can be used again"


async def test_others_are_served_while_queries_wait(impatient: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    """More of them than there are connections for reads of an account."""
    monkeypatch.setattr(loaders.channels, "_SEATS", sleeping(30))
    slow = [asyncio.create_task(impatient.ana.execute(QUERY)) for _ in range(30)]
    other = await impatient.api.create_account()
    assert (await other.ana.query("{ chatViewer { id } }"))["chatViewer"] == {"id": "ana"}
    assert {(await request).code for request in slow} == {"COST_EXCEEDED"}
    assert (await impatient.ana.query("{ chatViewer { id } }"))["chatViewer"] == {"id": "ana"}


async def test_a_mutation_is_not_ended(impatient: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loaders.channels, "_SEATS", sleeping(3 * SECONDS))
    begun = time.monotonic()
    made = await impatient.ana.mutate("createChatChannel", "channel { id }", kind="PUBLIC", name="Room")
    assert time.monotonic() - begun > SECONDS
    assert made["channel"] is None, "the statement finds nothing"
    monkeypatch.undo()
    found = await impatient.ana.query("{ chatChannels { nodes { name } } }")
    assert found["chatChannels"]["nodes"] == [{"name": "Room"}]
