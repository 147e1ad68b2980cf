"""Who is there, when the database was not."""

import asyncio

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from tests.support.api import Account, Api
from tests.support.sockets import open_socket

PRESENCE = "subscription ($agents: [ID!]!) { chatPresenceChanged(agentIds: $agents) { id presence } }"
ONLINE = {"id": "carla", "presence": "ONLINE"}


async def test_who_came_while_the_database_was_away(
    account: Account, socket_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    execute = AsyncSession.execute
    failures = 0

    async def failing(self: AsyncSession, statement: object, *args: object, **kwargs: object) -> object:
        nonlocal failures
        if "INSERT INTO presences" in str(statement):
            failures += 1
            raise OSError("the database is away")
        return await execute(self, statement, *args, **kwargs)  # type: ignore[call-overload]

    async with open_socket(socket_url, account.bruno.token) as socket:
        stream = await socket.subscribe(PRESENCE, agents=["carla"])
        await stream.nothing()
        monkeypatch.setattr(AsyncSession, "execute", failing)
        async with open_socket(socket_url, account.carla.token):
            while not failures:  # noqa: ASYNC110 (nobody else tells)
                await asyncio.sleep(0.01)
            await stream.nothing()
            monkeypatch.undo()
            assert await stream.data(5) == ONLINE


async def test_who_seemed_gone_is_told_to_be_there(api: Api, account: Account, socket_url: str) -> None:
    """As after a database that did not answer in time: whoever saw them go sees them come."""
    async with open_socket(socket_url, account.bruno.token) as socket:
        stream = await socket.subscribe(PRESENCE, agents=["carla"])
        await stream.nothing()
        async with open_socket(socket_url, account.carla.token):
            assert await stream.data() == ONLINE
            async with api.engine.begin() as connection:
                await connection.execute(
                    text("UPDATE presences SET connected_until = now() WHERE account_id = :account_id"),
                    {"account_id": account.account_id},
                )
            assert await stream.data(5) == ONLINE
