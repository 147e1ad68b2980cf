"""What follows the activation and deactivation of agents. It can stop after any of its transactions."""

import asyncio

import pytest

from chat.identity import DirectoryToken
from chat.operations.activations import accounts_with_pending, apply_activations
from chat.ports import Chat
from server.clock import SystemClock
from server.file_store import open_files
from tests.support.api import Account

PATIENCE = 10.0
"""More than a directory sync takes, and less than two waits for a lock."""


async def test_what_the_directory_sync_left_is_completed(account: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    news = await account.ana.create_channel("News", "ANNOUNCEMENT")
    room = await account.bruno.create_channel("Room", memberIds=["carla"])
    monkeypatch.setattr("chat.operations.sync_directory.ACTIVATION_SECONDS", 0)
    await account.sync(agents=[{"id": "nova", "name": "Nova"}, {"id": "bruno", "name": "Bruno", "active": False}])
    assert await account.agent("nova").find_channel(news) is None
    assert await _owner(account, room) == "bruno"
    assert account.account_id in await _pending(account)

    await _apply(account)
    assert await account.agent("nova").find_channel(news) is not None
    assert await _owner(account, room) == "carla"
    assert account.account_id not in await _pending(account)
    changes = await account.ana.position()
    await _apply(account)
    assert await account.ana.position() == changes


async def test_a_deactivation_does_not_wait_for_a_busy_channel(account: Account) -> None:
    room = await account.bruno.create_channel("Room", memberIds=["carla"])
    assert await account.bruno.bodies(room) == []
    async with account.api.engine.begin() as connection:
        await connection.exec_driver_sql(
            "SELECT FROM channels WHERE account_id = $1 FOR NO KEY UPDATE", (account.account_id,)
        )
        async with asyncio.timeout(PATIENCE):
            await account.sync(agents=[{"id": "bruno", "name": "Bruno", "active": False}])
        assert (await account.bruno.execute("{ chatViewer { sendKey } }")).code == "AGENT_INACTIVE"
        assert await _owner(account, room) == "bruno"
    await _apply(account)
    assert await _owner(account, room) == "carla"


async def test_an_announcement_that_is_created_meanwhile_has_the_newcomers(
    account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("chat.operations.sync_directory.ACTIVATION_SECONDS", 0)
    async with account.api.engine.begin() as connection:
        # Both transactions read and write before either of them can commit.
        await connection.exec_driver_sql(
            "SELECT FROM account_clocks WHERE account_id = $1 FOR UPDATE", (account.account_id,)
        )
        syncing = asyncio.create_task(account.sync(agents=[{"id": "nova", "name": "Nova"}]))
        await account.api.until_waiting(1)
        creating = asyncio.create_task(account.ana.create_channel("News", "ANNOUNCEMENT"))
        await account.api.until_waiting(2)
    await syncing
    assert await account.agent("nova").find_channel(await creating) is not None


async def test_an_agent_who_is_activated_again_meanwhile_stays_listed(
    account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("chat.operations.sync_directory.ACTIVATION_SECONDS", 0)
    room = await account.bruno.create_channel("Room", memberIds=["carla"])
    async with account.api.engine.begin() as connection:
        await connection.exec_driver_sql(
            "SELECT FROM channels WHERE account_id = $1 FOR NO KEY UPDATE", (account.account_id,)
        )
        await account.sync(agents=[{"id": "bruno", "name": "Bruno", "active": False}])
        applying = asyncio.create_task(_apply(account))
        await account.api.until_waiting(1)
        await account.sync(agents=[{"id": "carla", "name": "Carla", "active": False}])
        await account.sync(agents=[{"id": "bruno", "name": "Bruno"}])
    await applying
    assert account.account_id in await _pending(account)
    await _apply(account)
    assert account.account_id not in await _pending(account)
    assert await _owner(account, room) == "bruno"


def _chat(account: Account) -> Chat:
    hub = account.api.hub
    return Chat(account.api.pool, SystemClock(), hub, hub.data.cards, open_files(account.api.settings))


async def _apply(account: Account) -> None:
    await apply_activations(_chat(account), DirectoryToken(account.account_id, SystemClock().now()))


async def _pending(account: Account) -> list[str]:
    return await accounts_with_pending(account.api.pool, SystemClock().now())


async def _owner(account: Account, channel: str) -> str:
    """Returns the owner who is active, or the only one."""
    nodes = (await account.ana.read(channel, "members(role: OWNER) { nodes { agent { id active } } }"))["members"][
        "nodes"
    ]
    owners = sorted((node["agent"] for node in nodes), key=lambda agent: bool(agent["active"]))
    id: str = owners[-1]["id"]
    return id
