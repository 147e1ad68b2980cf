"""Requests of the directory run in a thread of their own, and behave like all others."""

import asyncio
from threading import current_thread

import pytest

from chat.directory import Directory, check_directory
from tests.support.api import Account, Json
from tests.support.sockets import open_socket

SYNC = "mutation ($input: SyncChatDirectoryInput!) { syncChatDirectory(input: $input) { agentCount } }"
PRESENCE = 'subscription { chatPresenceChanged(agentIds: ["carla"]) { id } }'


@pytest.fixture
def threads(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the threads in which directories were checked."""
    names: list[str] = []

    def check(directory: Directory) -> None:
        names.append(current_thread().name)
        check_directory(directory)

    monkeypatch.setattr("chat.operations.sync_directory.check_directory", check)
    return names


def _input(account: Account, **agent: object) -> Json:
    return {"account": {"name": account.account_id}, "agents": [{"id": "bruno", "name": "Bruno", **agent}]}


async def test_requests_and_sockets_of_the_directory_use_the_thread(
    account: Account, socket_url: str, threads: list[str]
) -> None:
    service = account.api.service(account.account_id)
    await service.query(SYNC, input=_input(account))
    async with open_socket(socket_url, service.token) as socket:
        operation = await socket.subscribe(SYNC, input=_input(account))
        assert (await operation.data())["agentCount"] == 5
    assert threads == ["directory", "directory"]


async def test_streams_are_woken_by_changes_of_the_directory(account: Account, socket_url: str) -> None:
    async with open_socket(socket_url, account.bruno.token) as socket:
        stream = await socket.subscribe(PRESENCE)
        await account.until_subscribed()
        await account.api.service(account.account_id).query(SYNC, input=_input(account, active=False))
        assert await stream.error_code() == "AGENT_INACTIVE"


async def test_errors_are_those_of_every_request(account: Account, threads: list[str]) -> None:
    service = account.api.service(account.account_id)
    assert (await service.execute(SYNC, input={"account": 5})).code == "BAD_USER_INPUT"
    assert (await service.execute("{ chatViewer { sendKey } }")).code == "FORBIDDEN"
    refused = await service.payload("syncChatDirectory", "agentCount", **(_input(account) | {"account": {"name": ""}}))
    assert [error["code"] for error in refused["userErrors"]] == ["INVALID"]
    assert (await account.bruno.execute(SYNC, input=_input(account))).code == "FORBIDDEN"
    assert set(threads) <= {"directory", "MainThread"}


async def test_calls_of_several_accounts_run_together(account: Account, other_account: Account) -> None:
    async with asyncio.TaskGroup() as group:
        for number in range(20):
            for each in (account, other_account):
                group.create_task(each.sync(agents=[{"id": "bruno", "name": f"Bruno {number}"}]))
    for each in (account, other_account):
        (found,) = (await each.ana.query('{ chatAgents(query: "bruno") { nodes { name } } }'))["chatAgents"]["nodes"]
        assert found["name"].startswith("Bruno ")
