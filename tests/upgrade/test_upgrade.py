"""Upgrading without downtime: the last release keeps serving on the migrated database, beside the new server.

The migrations after the last release must be such that its code survives them (docs/changing.md, "A table"). These
tests start its server from the repository's history, migrate its database while agents use it, and start the new
server on the same database, broker and files.
"""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from dataclasses import dataclass, replace
from pathlib import Path

import httpx
import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from server.addresses import async_url
from server.postgres.migrate import Revisions, current_and_head, upgrade
from server.settings import Settings
from tests.live.faults.clients import until_delivered
from tests.live.faults.conversation import Conversation, open_conversation
from tests.live.faults.deliveries import stored_bodies
from tests.live.faults.replicas import Replicas, stopped
from tests.support.api import Account, AgentClient, Api, path_of
from tests.support.databases import empty_database
from tests.support.services import SECRET, RedisServer, ServerProcess
from tests.support.sockets import Socket, open_socket
from tests.upgrade.old_server import OldServer, unpack_last_release
from tests.upgrade.traffic import PAGE, Traffic

AMOUNT = 15
"""How many messages are sent, and pages read, in each phase of the upgrade."""

CARLA = "[@Carla](mention://user/carla/Carla)"
CHANGED = """subscription ($channel: ID!, $since: String) { chatChannelChanged(channelId: $channel, since: $since) {
  change message { body deletedAt reactions { emoji count } } channel { name memberCount }
} }"""
NOTIFIED = """subscription ($since: String) { chatNotificationAdded(since: $since) {
  notification { type message { body } }
} }"""
INBOX = "subscription { chatInboxChanged { channelId channel { unreadCount } } }"
TYPING = "subscription ($channel: ID!) { chatTyping(channelId: $channel) { agents { name } } }"
PRESENCE = "subscription ($agents: [ID!]!) { chatPresenceChanged(agentIds: $agents) { presence } }"
AGENTS = '{ chatAgents(query: "Fernanda") { nodes { id name } } }'
SETTINGS = "{ chatAccountSettings { membersPin } }"
SEARCH = "query ($query: String) { searchChatMessages(query: $query) { nodes { message { body } } } }"
NOTIFICATIONS = "{ chatNotifications { nodes { type readAt message { body } } } }"


@dataclass(frozen=True)
class Upgrade:
    """The old server `a` and the new server `b`, after the database was migrated below the old one."""

    pair: Replicas
    conversation: Conversation
    url: str
    """The URL of the database."""

    revisions: Revisions
    """Those of the database and of this code before the migration."""

    old: Traffic
    new: Traffic

    @property
    def account(self) -> Account:
        return self.conversation.account

    @property
    def readers(self) -> list[AgentClient]:
        return self.pair.both(self.account.carla)


@dataclass(frozen=True)
class Direction:
    """Agents write at one server, and read at the other."""

    upgrade: Upgrade
    writes_at_new: bool

    def writer(self, agent: AgentClient) -> AgentClient:
        return self.upgrade.pair.on_b(agent) if self.writes_at_new else agent

    def reader(self, agent: AgentClient) -> AgentClient:
        return agent if self.writes_at_new else self.upgrade.pair.on_b(agent)

    def socket_of_writer(self, agent: AgentClient) -> AbstractAsyncContextManager[Socket]:
        return open_socket(self.upgrade.pair.socket_urls[self.writes_at_new], agent.token)

    def socket_of_reader(self, agent: AgentClient) -> AbstractAsyncContextManager[Socket]:
        return open_socket(self.upgrade.pair.socket_urls[not self.writes_at_new], agent.token)

    async def create_channel(self) -> str:
        """Returns a private channel of bruno and carla."""
        ana = self.writer(self.upgrade.account.ana)
        return await ana.create_channel("Sala", "PRIVATE", memberIds=["bruno", "carla"])


@pytest.fixture(scope="module")
def old_code(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("last-release")
    unpack_last_release(folder)
    return folder


@pytest.fixture(scope="module", params=["postgres", pytest.param("redis", marks=pytest.mark.redis)])
async def broadcast_url(request: pytest.FixtureRequest) -> AsyncIterator[str]:
    if request.param == "postgres":
        yield "postgres://"
        return
    redis = RedisServer()
    await redis.start()
    yield f"redis://127.0.0.1:{redis.port}"
    await redis.stop()


@pytest.fixture(scope="module")
async def upgraded(
    database_url: str, broadcast_url: str, old_code: Path, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Upgrade]:
    """Migrates the database while agents use the old server, and then starts the new one."""
    url = await empty_database(database_url, f"upgrade_{broadcast_url[:5]}")
    folder = tmp_path_factory.mktemp("upgrade")
    old, new = OldServer(old_code, folder, url, broadcast_url), ServerProcess(folder, url, broadcast_url)
    assert old.code() == old_code
    async with AsyncExitStack() as stack:
        stack.push_async_callback(stopped, old)
        await old.start()
        engine = create_async_engine(async_url(url), isolation_level="AUTOCOMMIT")
        stack.push_async_callback(engine.dispose)
        pair = await _pair(stack, old, new, engine)
        conversation = await stack.enter_async_context(open_conversation(pair))
        yield await _upgraded(stack, conversation, url)


async def _pair(stack: AsyncExitStack, old: ServerProcess, new: ServerProcess, engine: AsyncEngine) -> Replicas:
    http = [await stack.enter_async_context(httpx.AsyncClient(base_url=each.url, timeout=30)) for each in (old, new)]
    return Replicas(old, new, Api(http[0], Settings(jwt_secret=SECRET), engine), http[1])


async def _upgraded(stack: AsyncExitStack, conversation: Conversation, url: str) -> Upgrade:
    pair, account = conversation.pair, conversation.account
    conversation.client(at="a")
    writer, reader = account.bruno, account.carla
    old = Traffic("old", writer, reader, conversation.channel, conversation.send_log)
    new = Traffic("new", pair.on_b(writer), pair.on_b(reader), conversation.channel, conversation.send_log)
    async with old.flowing():
        await old.more(AMOUNT)
        before = await asyncio.to_thread(current_and_head, url)
        await asyncio.to_thread(upgrade, url)
        await old.more(AMOUNT)
        stack.push_async_callback(stopped, pair.b)
        await pair.b.start()
        conversation.client(at="b")
        async with new.flowing():
            await asyncio.gather(old.more(AMOUNT), new.more(AMOUNT))
    return Upgrade(pair, conversation, url, before, old, new)


@pytest.fixture(params=[True, False], ids=["new to old", "old to new"])
def direction(request: pytest.FixtureRequest, upgraded: Upgrade) -> Direction:
    return Direction(upgraded, request.param)


@pytest.fixture
def bruno(direction: Direction) -> AgentClient:
    """Bruno, who writes at one server."""
    return direction.writer(direction.upgrade.account.bruno)


@pytest.fixture
def carla(direction: Direction) -> AgentClient:
    """Carla, who reads at the other server."""
    return direction.reader(direction.upgrade.account.carla)


async def test_the_database_is_migrated_while_the_old_server_runs(upgraded: Upgrade, old_code: Path) -> None:
    known_to_the_old = sorted(path.name[:4] for path in (old_code / "migrations" / "versions").glob("[0-9]*.py"))
    before, after = upgraded.revisions, await asyncio.to_thread(current_and_head, upgraded.url)
    assert before.current == known_to_the_old[-1]
    assert after.current == before.head == after.head


async def test_agents_lose_nothing_during_the_upgrade(upgraded: Upgrade) -> None:
    conversation = upgraded.conversation
    stored = await stored_bodies(upgraded.pair.api.engine, upgraded.account.account_id)
    assert sorted(stored) == sorted(conversation.send_log.acknowledged)
    for client in conversation.clients:
        await client.has_received(len(stored))
        assert client.received.bodies == stored
        assert client.connections == 1, "the stream was interrupted"
    assert upgraded.old.answered["send"] >= 3 * AMOUNT
    assert upgraded.new.answered["send"] >= AMOUNT
    pages = [await agent.query(PAGE, id=conversation.channel) for agent in upgraded.readers]
    assert pages[0] == pages[1]


async def test_changes_arrive_at_the_other_server(direction: Direction, bruno: AgentClient, carla: AgentClient) -> None:
    channel = await direction.create_channel()
    async with direction.socket_of_reader(carla) as socket:
        stream = await socket.subscribe(CHANGED, channel=channel, since=await carla.position(channel))
        message = await bruno.send(channel, "one")
        await bruno.mutate("addChatReaction", "message { id }", messageId=message, emoji="👍")
        await bruno.mutate("editChatMessage", "message { id }", messageId=message, body="two")
        await bruno.mutate("deleteChatMessage", "message { id }", messageId=message)
        changes = [(await stream.data())["change"] for _ in range(4)]
    assert changes == ["MESSAGE_ADDED", "MESSAGE_UPDATED", "MESSAGE_UPDATED", "MESSAGE_DELETED"]


async def test_a_position_of_one_server_resumes_at_the_other(
    direction: Direction, bruno: AgentClient, carla: AgentClient
) -> None:
    channel = await direction.create_channel()
    start = await bruno.position(channel)
    bodies = ["one", "two", "three"]
    for body in bodies:
        await bruno.send(channel, body)
    async with direction.socket_of_reader(carla) as socket:
        stream = await socket.subscribe(CHANGED, channel=channel, since=start)
        assert [(await stream.data())["message"]["body"] for _ in bodies] == bodies


async def test_notifications_and_reading(direction: Direction, bruno: AgentClient, carla: AgentClient) -> None:
    channel = await direction.create_channel()
    async with direction.socket_of_reader(carla) as socket:
        stream = await socket.subscribe(NOTIFIED, since=await carla.position())
        await bruno.send(channel, f"{CARLA} {channel}")
        notification = (await stream.data())["notification"]
    assert notification == {"type": "MENTION", "message": {"body": f"{CARLA} {channel}"}}
    newest = (await carla.query(NOTIFICATIONS))["chatNotifications"]["nodes"][0]
    assert newest == notification | {"readAt": None}
    carla_at_writer = direction.writer(direction.upgrade.account.carla)
    await carla_at_writer.mutate("markChatRead", "channel { id }", channelId=channel)
    assert await carla.read(channel, "unreadCount unreadMentionCount") == {"unreadCount": 0, "unreadMentionCount": 0}
    assert (await carla.query(NOTIFICATIONS))["chatNotifications"]["nodes"][0]["readAt"] is not None


async def test_the_sidebar_follows_what_happens_at_the_other_server(
    direction: Direction, bruno: AgentClient, carla: AgentClient
) -> None:
    channel = await direction.create_channel()
    async with direction.socket_of_reader(carla) as socket:
        stream = await socket.subscribe(INBOX)
        change = await until_delivered(stream, lambda: bruno.send(channel))
    assert change["channelId"] == channel
    assert change["channel"]["unreadCount"] > 0


async def test_messages_of_one_server_are_found_at_the_other(
    direction: Direction, bruno: AgentClient, carla: AgentClient
) -> None:
    channel = await direction.create_channel()
    word = f"palavra{channel.removeprefix('chn_')}"
    message = await bruno.send(channel, word)
    assert await found_bodies(carla, word) == [word]
    await bruno.mutate("editChatMessage", "message { id }", messageId=message, body=f"{word} editada")
    assert await found_bodies(carla, word) == [f"{word} editada"]


async def found_bodies(agent: AgentClient, query: str) -> list[str]:
    page = (await agent.query(SEARCH, query=query))["searchChatMessages"]
    return [node["message"]["body"] for node in page["nodes"]]


async def test_files_of_one_server_are_read_at_the_other(
    direction: Direction, bruno: AgentClient, carla: AgentClient
) -> None:
    """The bytes are received by the other server than the one that created the upload."""
    channel = await direction.create_channel()
    upload, path = await bruno.create_upload(7)
    assert (await carla.http.put(path, content=b"A note.")).status_code == 204
    message = await bruno.send(channel, attachmentIds=[upload])
    (attachment,) = await carla.attachments(message, "filename byteSize url")
    assert (attachment["filename"], attachment["byteSize"]) == ("note.txt", 7)
    for http in (bruno.http, carla.http):
        assert (await http.get(path_of(attachment["url"]))).content == b"A note."


async def test_typing_and_presence_are_seen_at_the_other_server(
    direction: Direction, bruno: AgentClient, carla: AgentClient
) -> None:
    channel = await direction.create_channel()
    async with direction.socket_of_reader(carla) as socket:
        typing = await socket.subscribe(TYPING, channel=channel)
        change = await until_delivered(typing, lambda: _type(bruno, channel))
        assert change["agents"] == [{"name": "Bruno"}]
        async with direction.socket_of_writer(bruno):
            presence = await socket.subscribe(PRESENCE, agents=["bruno"])
            await until_delivered(presence, lambda: _show_as(bruno, "BUSY", "ONLINE"))


async def _type(agent: AgentClient, channel: str) -> None:
    for typing in (False, True):
        await agent.mutate("setChatTyping", "channel { id }", channelId=channel, typing=typing)


async def _show_as(agent: AgentClient, *states: str) -> None:
    for state in states:
        await agent.mutate("setChatPresence", "viewer { sendKey }", presence=state)


async def test_the_directory_and_settings(direction: Direction, carla: AgentClient) -> None:
    account = direction.upgrade.account
    service = direction.upgrade.pair.api.service(account.account_id)
    writer = replace(service, http=direction.writer(account.ana).http)
    id = f"fernanda-{direction.writes_at_new}".lower()
    agents = [{"id": id, "name": "Fernanda"}]
    await writer.mutate("syncChatDirectory", "agentCount", account={"name": "Equipe"}, agents=agents)
    assert {"id": id, "name": "Fernanda"} in (await carla.query(AGENTS))["chatAgents"]["nodes"]
    ana, allowed = direction.writer(account.ana), direction.writes_at_new
    await ana.mutate("updateChatAccountSettings", "settings { membersPin }", membersPin=allowed)
    reader = direction.reader(account.ana)
    assert (await reader.query(SETTINGS))["chatAccountSettings"] == {"membersPin": allowed}


async def test_no_server_has_logged_a_failure(upgraded: Upgrade) -> None:
    for server in (upgraded.pair.a, upgraded.pair.b):
        events = [json.loads(line) for line in server.log_lines()]
        assert "broadcast_ready" in [event["event"] for event in events]
        assert [event for event in events if event["level"] != "info"] == []


async def test_the_old_server_fails_after_a_migration_that_its_code_does_not_survive(upgraded: Upgrade) -> None:
    """The control of this file: what the tests above do would notice such a migration."""
    carla, channel = upgraded.account.carla, upgraded.conversation.channel
    rename = "ALTER TABLE messages RENAME COLUMN {} TO {}"
    async with upgraded.pair.api.engine.connect() as connection:
        await connection.execute(text(rename.format("body", "content")))
        try:
            refused = await carla.execute(PAGE, id=channel)
        finally:
            await connection.execute(text(rename.format("content", "body")))
    assert refused.code == "INTERNAL_SERVER_ERROR"
    assert "errors" not in (await carla.execute(PAGE, id=channel)).body
