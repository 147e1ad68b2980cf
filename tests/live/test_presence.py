"""Who is shown as online: agents with an open socket, even after a failure of the database."""

from collections.abc import Sequence

import pytest
from sqlalchemy import text

from models.database import Connection, Record
from models.statements import Statement
from tests.support.api import Account, Api
from tests.support.sockets import open_socket
from tests.support.waiting import until, until_true

PRESENCE = "subscription ($agents: [ID!]!) { chatPresenceChanged(agentIds: $agents) { id presence } }"
AGENTS = "{ chatAgents { nodes { id presence } } }"
ONLINE = {"id": "carla", "presence": "ONLINE"}


async def test_only_agents_admitted_to_the_chat_become_online(account: Account, socket_url: str) -> None:
    async def is_online() -> bool:
        return await _online(account) == {"bruno"}

    async with (
        open_socket(socket_url, account.elisa.token),
        open_socket(socket_url, account.agent("ghost").token),
        open_socket(socket_url, account.bruno.token),
    ):
        await until_true(is_online, "bruno online")
        # The sockets are recorded in rounds: carla's is recorded in a later round than those of elisa and the ghost.
        async with open_socket(socket_url, account.carla.token):
            await until_true(lambda: _has_become_online(account, "carla"), "carla online")
            assert await _online(account) == {"bruno", "carla"}


async def test_an_agent_who_connects_while_the_database_is_down_is_reported_later(
    account: Account, socket_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    fetch = Statement.fetch
    failures = 0

    async def failing(self: Statement, connection: Connection, **parameters: object) -> Sequence[Record]:
        nonlocal failures
        if "INSERT INTO presences" in self.text:
            failures += 1
            raise OSError("the database is down")
        return await fetch(self, connection, **parameters)

    async with open_socket(socket_url, account.bruno.token) as socket:
        stream = await socket.subscribe(PRESENCE, agents=["carla"])
        await account.until_subscribed()
        monkeypatch.setattr(Statement, "fetch", failing)
        async with open_socket(socket_url, account.carla.token):
            await until(lambda: failures > 0, "a failure to record carla")
            assert not stream.has_result
            monkeypatch.undo()
            assert await stream.data() == ONLINE


async def test_an_agent_whose_presence_expired_by_mistake_is_reported_as_online_again(
    api: Api, account: Account, socket_url: str
) -> None:
    """As after a database that did not answer in time."""
    async with open_socket(socket_url, account.bruno.token) as socket:
        stream = await socket.subscribe(PRESENCE, agents=["carla"])
        await account.until_subscribed()
        async with open_socket(socket_url, account.carla.token):
            assert await stream.data() == ONLINE
            async with api.engine.begin() as connection:
                await connection.execute(
                    text("UPDATE presences SET connected_until = now() WHERE account_id = :account_id"),
                    {"account_id": account.account_id},
                )
            assert await stream.data() == ONLINE


async def _online(account: Account) -> set[str]:
    nodes = (await account.ana.query(AGENTS))["chatAgents"]["nodes"]
    return {node["id"] for node in nodes if node["presence"] != "OFFLINE"}


async def _has_become_online(account: Account, agent_id: str) -> bool:
    return agent_id in await _online(account)
