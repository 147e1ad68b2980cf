"""Streams end when their agent loses access, and deliver nothing sent after that."""

import asyncio
import random
from contextlib import suppress
from datetime import timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from schema.ids import Prefix, parse_id
from server.identity.tokens import issue_token
from tests.live.faults.clients import ADDED, Client, until_delivered
from tests.live.faults.conversation import open_conversation
from tests.live.faults.replicas import Replicas
from tests.support.api import Account, Api
from tests.support.fault_report import FINDINGS, Finding
from tests.support.sockets import Ended, Stream, open_socket
from tests.support.waiting import until

pytestmark = pytest.mark.long

RACES = 100
POSTS = 6
INBOX = "subscription { chatInboxChanged { channelId } }"

_HISTORY = text(
    """
    SELECT changes.kind, changed_agents.agent_id, messages.body
      FROM changes
           LEFT JOIN messages USING (account_id, message_id)
           LEFT JOIN changed_agents USING (account_id, change)
     WHERE changes.account_id = :account_id AND changes.channel_id = :channel_id
       AND (messages.message_id IS NULL OR messages.system_event IS NULL)
     ORDER BY change
    """
)


async def permitted(engine: AsyncEngine, account: Account, channel: str, agent_id: str) -> list[str]:
    """Returns the messages sent while the agent was a member, in the order of changes."""
    found: list[str] = []
    inside = False
    async with engine.connect() as connection:
        channel_id = parse_id(Prefix.CHANNEL, channel)
        rows = await connection.execute(_HISTORY, {"account_id": account.account_id, "channel_id": channel_id})
        for kind, changed_agent, body in rows:
            if kind in ("MEMBER_ADDED", "MEMBER_REMOVED") and changed_agent == agent_id:
                inside = kind == "MEMBER_ADDED"
            elif kind == "MESSAGE_ADDED" and inside:
                found.append(body)
    return found


async def received_until_the_end(stream: Stream) -> tuple[list[str], str]:
    """Returns the messages of agents, and the code with which the stream ended."""
    bodies: list[str] = []
    while True:
        payload = await stream.next()
        if "errors" in payload:
            code: str = payload["errors"][0]["extensions"]["code"]
            with pytest.raises(Ended):
                await stream.next()
            return bodies, code
        message = payload["data"]["chatMessageAdded"]["message"]
        if message["systemEvent"] is None:
            bodies.append(message["body"])


async def test_a_removed_member_receives_no_later_message(api: Api, account: Account, socket_url: str) -> None:
    """The stream delivers nothing sent after the removal, and the messages before it without gaps from the first on."""
    chance = random.Random(20261122)
    missed = 0
    for race in range(RACES):
        channel = await account.ana.create_channel(f"Room {race}", "PRIVATE", memberIds=["bruno", "carla"])
        async with open_socket(socket_url, account.carla.token) as socket:
            start = await account.carla.position(channel)
            stream = await socket.subscribe(ADDED, channel=channel, since=start)

            async def remove(channel: str = channel, after: float = chance.uniform(0, 0.03)) -> None:
                await asyncio.sleep(after)
                await account.ana.mutate("removeChatMember", "channel { id }", channelId=channel, agentId="carla")

            posts = [account.bruno.send(channel, f"{race}: {number}") for number in range(POSTS)]
            await asyncio.gather(*posts, remove())
            bodies, code = await received_until_the_end(stream)
        before = await permitted(api.engine, account, channel, "carla")
        assert code == "ACCESS_LOST"
        assert bodies == before[: len(bodies)]
        missed += POSTS - len(before)
    assert missed > 0, "no message was sent after a removal: nothing raced"
    FINDINGS.append(Finding("messages racing a removal, 100 times", RACES * POSTS, 0, 0, 0, 0))


async def test_a_removal_ends_the_stream_without_a_broker(without_broker: Replicas) -> None:
    async with open_conversation(without_broker) as conversation:
        client = conversation.client(at="b")
        await conversation.sender(at="a").send_many(1)
        await client.has_received(1)
        loop = asyncio.get_running_loop()
        await conversation.account.ana.mutate(
            "removeChatMember", "channel { id }", channelId=conversation.channel, agentId="carla"
        )
        begun = loop.time()
        await conversation.sender(at="a").send_many(3)
        assert await client.end() == "ACCESS_LOST"
        passed = loop.time() - begun
        assert passed < 2
        assert len(client.received.bodies) == 1
        FINDINGS.append(Finding("removal at one server ends the stream at the other, no broker", 4, 1, 0, 0, passed))


@pytest.mark.parametrize("whole_sidebar", [False, True])
async def test_repeated_removals_and_additions(on_postgres: Replicas, *, whole_sidebar: bool) -> None:
    """A client never receives a message sent while its agent was not a member, and after the last addition it receives
    all others once."""
    async with open_conversation(on_postgres) as conversation:
        account, channel = conversation.account, conversation.channel
        sending = asyncio.create_task(conversation.sender().send_many(120, 0.01))
        lives: list[Client] = []
        for _ in range(8):
            where = None if whole_sidebar else channel
            live = Client(account.carla, on_postgres.socket_urls, where, conversation.start)
            lives.append(live)
            await asyncio.sleep(0.08)
            await account.ana.mutate("removeChatMember", "channel { id }", channelId=channel, agentId="carla")
            await asyncio.sleep(0.05)
            await account.ana.mutate("addChatMembers", "channel { id }", channelId=channel, agentIds=["carla"])
        await sending
        allowed = await permitted(on_postgres.api.engine, account, channel, "carla")
        last = Client(account.carla, on_postgres.socket_urls, None if whole_sidebar else channel, conversation.start)
        await last.has_received(len(allowed))
        for live in (*lives, last):
            await live.stop()
            known = iter(allowed)
            assert all(body in known for body in live.received.bodies), (
                "in order, once, and none sent while not a member"
            )
        assert last.received.bodies == allowed
        assert 0 < len(allowed) < 120
    FINDINGS.append(
        Finding(f"8 times out and in again ({'sidebar' if whole_sidebar else 'channel'})", 120, len(allowed), 0, 0, 0)
    )


async def test_fifty_concurrent_first_subscribers(on_postgres: Replicas) -> None:
    async with open_conversation(on_postgres) as conversation:
        for number in range(50):
            conversation.client(at="a" if number % 2 else "b")
        await conversation.sender().send_many(20)
        await conversation.check_deliveries("50 concurrent first subscribers of one channel")


# ------------------------------------------------------------------ other ends of a stream
async def test_deactivation_ends_streams(without_broker: Replicas) -> None:
    async with open_conversation(without_broker) as conversation:
        client = conversation.client(at="b")
        await conversation.sender(at="a").send_many(1)
        await client.has_received(1)
        await conversation.account.sync(agents=[{"id": "carla", "name": "Carla", "active": False}])
        await conversation.sender(at="a").send_many(1)
        assert await client.end(2.5) == "AGENT_INACTIVE"
        assert len(client.received.bodies) == 1


async def test_disabling_the_chat_ends_streams(without_broker: Replicas) -> None:
    async with open_conversation(without_broker) as conversation:
        client = conversation.client(at="b")
        async with open_socket(without_broker.b.socket_url, conversation.account.bruno.token) as socket:
            inbox = await socket.subscribe(INBOX)
            await until_delivered(inbox, lambda: conversation.sender(at="a").send_many(1))
            await client.has_received(1)
            ana = conversation.account.ana
            await ana.mutate("updateChatAccountSettings", "settings { chatEnabled }", chatEnabled=False)
            assert await client.end(2.5) == "MODULE_DISABLED"
            last = await inbox.next()
            while "errors" not in last:
                last = await inbox.next()
            assert last["errors"][0]["extensions"]["code"] == "MODULE_DISABLED"


async def test_excluding_a_role_ends_the_streams_of_its_agents(without_broker: Replicas) -> None:
    async with open_conversation(without_broker) as conversation:
        client = conversation.client(at="b")
        await conversation.sender(at="a").send_many(1)
        await client.has_received(1)
        await conversation.account.ana.mutate(
            "updateChatAccountSettings", "settings { chatEnabled }", enabledRoles=["ADMINISTRATOR"]
        )
        assert await client.end(2.5) == "MODULE_DISABLED"


async def test_making_a_channel_private_ends_the_streams_of_non_members(account: Account, socket_url: str) -> None:
    channel = await account.ana.create_channel("Room", "PUBLIC", memberIds=["bruno"])
    async with open_socket(socket_url, account.davi.token) as socket:
        start = await account.davi.position(channel)
        stream = await socket.subscribe(ADDED, channel=channel, since=start)
        await account.bruno.send(channel, "for all")
        assert (await stream.data())["message"]["body"] == "for all"
        await account.ana.mutate("updateChatChannel", "channel { id }", channelId=channel, kind="PRIVATE")
        await account.bruno.send(channel, "for members")
        assert await received_until_the_end(stream) == ([], "ACCESS_LOST")


async def test_an_expiring_token_closes_the_socket(api: Api, account: Account, socket_url: str) -> None:
    channel = await account.ana.create_channel("Room", memberIds=["bruno"])
    token = issue_token(api.settings, account.account_id, "bruno", timedelta(seconds=2))
    async with open_socket(socket_url, token) as socket:
        stream = await socket.subscribe(ADDED, channel=channel)
        with suppress(Ended):
            assert await stream.error_code() == "UNAUTHENTICATED"
        await until(lambda: socket.connection.close_code is not None, "the socket closes")
        assert socket.connection.close_code == 4403
