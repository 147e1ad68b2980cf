"""Changes of who can use the chat: writes never delay them, and no write of an agent who lost access follows them."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from asyncpg.connection import LoggedQuery
from asyncpg.exceptions import DeadlockDetectedError

from models.enums import ChangeKind
from tests.support.api import Account, AgentClient, Response
from tests.support.waiting import until

WRITERS = 40
SECONDS = 6.0
"""How long a change may take beside the writers. It takes a tenth of this, and never succeeded while writes still
locked the agent and the account."""

SEND = 'mutation ($id: ID!) { sendChatMessage(input: {channelId: $id, body: "Oi"}) { message { seq } } }'


@dataclass
class Writing:
    """What the writers have done so far."""

    sent: int = 0
    refused: int = 0


async def test_changes_succeed_beside_many_writers(account: Account) -> None:
    channels = [await account.bruno.create_channel(memberIds=["carla", "davi"]) for _ in range(4)]
    async with _writers([account.bruno, account.carla], channels) as writing:
        for change in (
            account.ana.mutate("updateChatAccountSettings", "settings { chatEnabled }", emailContents=False),
            account.sync(agents=[{"id": "davi", "name": "Davi", "active": False}]),
            account.sync(agents=[{"id": "davi", "name": "Davi Reis"}]),
            account.ana.mutate("updateChatAccountSettings", "settings { chatEnabled }", emailContents=True),
        ):
            before = writing.sent
            async with asyncio.timeout(SECONDS):
                await change
            await until(lambda before=before: writing.sent > before + WRITERS, "the writers go on")  # type: ignore[misc]
        assert writing.refused == 0
        async with asyncio.timeout(SECONDS):
            await account.ana.mutate("updateChatAccountSettings", "settings { chatEnabled }", chatEnabled=False)
        await until(lambda: writing.refused > WRITERS, "the writers are refused")
    kinds = await _kinds_of_changes(account)
    assert ChangeKind.MESSAGE_ADDED not in kinds[_last(kinds, ChangeKind.SETTINGS_CHANGED) :]


async def test_a_write_that_overlaps_a_deactivation_is_refused(account: Account) -> None:
    channel, other = await account.bruno.create_channel(memberIds=["davi"]), await account.bruno.create_channel()
    assert "errors" not in (await account.davi.execute(SEND, id=channel)).body
    async with account.api.engine.begin() as connection:
        # The writes have read that davi is active, and wait for the clock.
        await connection.exec_driver_sql(
            "SELECT FROM account_clocks WHERE account_id = $1 FOR UPDATE", (account.account_id,)
        )
        posting = asyncio.create_task(account.davi.execute(SEND, id=channel))
        adding = asyncio.create_task(
            account.ana.refusal("addChatMembers", "channel { id }", channelId=other, agentIds=["davi"])
        )
        await account.api.until_waiting(2)
        await connection.exec_driver_sql(
            "UPDATE agents SET active = false WHERE account_id = $1 AND agent_id = 'davi'", (account.account_id,)
        )
        await connection.exec_driver_sql(
            "UPDATE account_clocks SET access_version = access_version + 1 WHERE account_id = $1",
            (account.account_id,),
        )
    assert (await posting).code == "AGENT_INACTIVE"
    assert await adding == "NOT_FOUND"
    assert await account.bruno.bodies(channel) == ["Oi"]
    assert await account.bruno.read(other, "memberCount") == {"memberCount": 1}


async def test_no_message_of_an_agent_follows_the_deactivation(account: Account) -> None:
    channel = await account.bruno.create_channel(memberIds=["davi"])

    async def deactivate() -> None:
        await account.sync(agents=[{"id": "davi", "name": "Davi", "active": False}])

    async with asyncio.TaskGroup() as group:
        sends = [group.create_task(account.davi.execute(SEND, id=channel)) for _ in range(10)]
        group.create_task(deactivate())
        sends += [group.create_task(account.davi.execute(SEND, id=channel)) for _ in range(10)]
    denied = [task.result() for task in sends if "errors" in task.result().body]
    assert {answer.code for answer in denied} <= {"AGENT_INACTIVE"}
    assert len(await account.bruno.bodies(channel)) == 20 - len(denied)
    kinds = await _kinds_of_changes(account)
    assert ChangeKind.MESSAGE_ADDED not in kinds[_last(kinds, ChangeKind.AGENT_DEACTIVATED) :]
    last = await account.davi.execute("{ chatViewer { sendKey } }")
    assert last.code == "AGENT_INACTIVE"


async def test_syncs_settings_and_posts_together_never_deadlock(account: Account) -> None:
    channels = [await account.bruno.create_channel(memberIds=["carla", "davi"]) for _ in range(4)]
    failed: list[BaseException] = []

    def collect(executed: LoggedQuery) -> None:
        if isinstance(executed.exception, DeadlockDetectedError):
            failed.append(executed.exception)

    async def sync(number: int) -> None:
        for active in (False, True, True):
            davi = {"id": "davi", "name": f"Davi {number}", "active": active}
            await account.sync(agents=[davi, {"id": "bruno", "name": f"Bruno {number}"}])
            await account.ana.mutate("updateChatAccountSettings", "settings { chatEnabled }", emailContents=active)
            await account.bruno.mutate("updateChatProfile", "viewer { sendKey }", sendKey="MOD_ENTER")

    with account.api.logging(collect):
        async with _writers([account.bruno, account.carla], channels) as writing:
            await asyncio.gather(*(sync(number) for number in range(8)))
    assert writing.sent > WRITERS
    assert writing.refused == 0
    assert failed == []


@asynccontextmanager
async def _writers(agents: list[AgentClient], channels: list[str]) -> AsyncIterator[Writing]:
    """Sends messages from WRITERS tasks while the block runs."""
    writing = Writing()
    stopped = False

    async def write(number: int) -> None:
        while not stopped:
            agent = agents[number % len(agents)]
            _count(writing, await agent.execute(SEND, id=channels[number % len(channels)]))

    async with asyncio.TaskGroup() as group:
        for number in range(WRITERS):
            group.create_task(write(number))
        await until(lambda: writing.sent > WRITERS, "the writers have begun")
        try:
            yield writing
        finally:
            stopped = True


def _count(writing: Writing, answer: Response) -> None:
    if "errors" in answer.body:
        assert answer.code == "MODULE_DISABLED"
        writing.refused += 1
    else:
        writing.sent += 1


async def _kinds_of_changes(account: Account) -> list[str]:
    async with account.api.engine.connect() as connection:
        kinds = await connection.exec_driver_sql(
            "SELECT kind FROM changes WHERE account_id = $1 ORDER BY change", (account.account_id,)
        )
        return list(kinds.scalars())


def _last(kinds: list[str], kind: ChangeKind) -> int:
    """Returns the place of the last change of this kind."""
    return len(kinds) - 1 - kinds[::-1].index(kind)
