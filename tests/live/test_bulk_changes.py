"""A change that affects many agents is one change, and streams report it as they report any other."""

import asyncio
from contextlib import AsyncExitStack

from live.addresses import AddressKind
from live.changes import read_next
from live.days import Days
from tests.support.api import Account, Api
from tests.support.event_loop import measured_blocking
from tests.support.sockets import open_socket

EXTRAS = 2_500
"""More than the number of changes that a feed keeps in memory."""

ANNOUNCEMENTS = 20
BLOCKED = 0.03
"""Seconds. As one row per agent, reading the announcements took longer."""

INBOX = "subscription { chatInboxChanged { channelId channel { name } } }"
ADDED = """subscription ($since: String) {
  chatMessageAdded(since: $since) { message { body channel { name } } position }
}"""


async def test_streams_report_an_announcement_for_thousands_of_agents_once(api: Api, socket_url: str) -> None:
    account = await api.create_account(extra_agents=EXTRAS)
    last = account.agent(f"extra-{EXTRAS - 1:04}")
    async with open_socket(socket_url, account.bruno.token) as bruno, open_socket(socket_url, last.token) as extra:
        inbox = await bruno.subscribe(INBOX)
        messages = await extra.subscribe(ADDED)
        await account.until_subscribed(2)
        before = await _number_of_changes(account)
        channel = await account.ana.create_channel("News", "ANNOUNCEMENT")
        # The channel, its owner, its members, and the message that reports the creation.
        assert await _number_of_changes(account) == before + 4
        post = asyncio.create_task(account.ana.send(channel, "Welcome"))
        assert (await inbox.data())["channel"] == {"name": "News"}
        created, welcome = (await messages.data())["message"], (await messages.data())["message"]
        assert created["channel"] == {"name": "News"}
        assert welcome["body"] == "Welcome"
        await post


async def test_reading_many_announcements_does_not_block_the_event_loop(api: Api) -> None:
    account = await api.create_account(extra_agents=EXTRAS)
    channel = await account.ana.create_channel("News", "ANNOUNCEMENT")
    before = await _number_of_changes(account)
    for number in range(ANNOUNCEMENTS):
        await account.ana.send(channel, f"News {number}")
    async with measured_blocking() as blocking:
        records = await read_next(api.hub.database, account.account_id, before, Days(), list)
    notified = [record.addressees[AddressKind.NOTIFICATION] for record in records]
    # All active agents but the author.
    assert [len(agent_ids) for agent_ids in notified] == [EXTRAS + 3] * ANNOUNCEMENTS
    assert blocking.longest < BLOCKED


async def test_newcomers_see_nothing_from_before_they_joined(account: Account, socket_url: str) -> None:
    channel = await account.ana.create_channel("News", "ANNOUNCEMENT")
    start = await account.ana.position()
    await account.ana.send(channel, "before")
    before = await _number_of_changes(account)
    await account.sync(agents=[{"id": f"new-{number}", "name": f"New {number}"} for number in range(50)])
    # The agents, and the members of the announcement.
    assert await _number_of_changes(account) == before + 2
    await account.ana.send(channel, "after")
    async with open_socket(socket_url, account.agent("new-7").token) as socket:
        stream = await socket.subscribe(ADDED, since=start)
        assert (await stream.data())["message"]["body"] == "after"
    async with open_socket(socket_url, account.bruno.token) as socket:
        stream = await socket.subscribe(ADDED, since=start)
        assert [(await stream.data())["message"]["body"] for _ in range(2)] == ["before", "after"]


async def test_streams_that_resume_together_replay_the_channel_that_all_of_them_joined(
    account: Account, socket_url: str
) -> None:
    start = await account.ana.position()
    channel = await account.ana.create_channel("News", "ANNOUNCEMENT")
    await account.ana.send(channel, "Welcome")
    async with AsyncExitStack() as stack:
        readers = [
            await stack.enter_async_context(open_socket(socket_url, agent.token))
            for agent in (account.bruno, account.carla, account.davi)
        ]
        for stream in [await reader.subscribe(ADDED, since=start) for reader in readers]:
            assert (await stream.data())["message"]["channel"] == {"name": "News"}
            assert (await stream.data())["message"]["body"] == "Welcome"


async def test_resuming_over_many_joins_reads_no_more_often_than_over_one(account: Account, socket_url: str) -> None:
    await _reads_of_changes(account, socket_url, joins=1)
    once = await _reads_of_changes(account, socket_url, joins=1)
    assert await _reads_of_changes(account, socket_url, joins=12) == once > 0


async def test_members_added_together_join_at_the_same_change(account: Account, socket_url: str) -> None:
    channel = await account.ana.create_channel("Room", "PRIVATE")
    start = await account.ana.position()
    await account.ana.send(channel, "before")
    await account.ana.mutate("addChatMembers", "channel { id }", channelId=channel, agentIds=["carla", "davi"])
    await account.ana.send(channel, "after")
    await account.ana.mutate("removeChatMember", "channel { id }", channelId=channel, agentId="davi")
    await account.ana.send(channel, "without davi")
    await account.ana.mutate("addChatMembers", "channel { id }", channelId=channel, agentIds=["davi"])
    await account.ana.send(channel, "again")
    expected = {"carla": ["after", "without davi", "again"], "davi": ["after", "again"]}
    for agent_id, bodies in expected.items():
        async with open_socket(socket_url, account.agent(agent_id).token) as socket:
            stream = await socket.subscribe(ADDED, since=start)
            received: list[str] = []
            while not received or received[-1] != "again":
                body = (await stream.data())["message"]["body"]
                received += [body] if body else []
            assert received == bodies


async def _reads_of_changes(account: Account, socket_url: str, joins: int) -> int:
    """Returns how many statements read changes while a stream resumes over this number of joins."""
    start = await account.ana.position()
    for number in range(joins):
        channel = await account.ana.create_channel(f"Room {number}", "PRIVATE", memberIds=["bruno"])
    await account.ana.send(channel, "last")
    statements: list[str] = []
    async with open_socket(socket_url, account.bruno.token) as socket:
        with account.api.pool.logging(lambda executed: statements.append(executed.query)):
            stream = await socket.subscribe(ADDED, since=start)
            while (await stream.data())["message"]["body"] != "last":
                pass
    await account.until_subscribed(0)
    return sum("FROM changes" in statement for statement in statements)


async def _number_of_changes(account: Account) -> int:
    async with account.api.engine.connect() as connection:
        result = await connection.exec_driver_sql(
            "SELECT change FROM account_clocks WHERE account_id = $1", (account.account_id,)
        )
        return int(result.scalar_one())
