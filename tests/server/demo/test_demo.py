"""The demo as its agents find it, in a database of its own on the run's server."""

import asyncio
from collections.abc import AsyncIterator

import httpx
import pytest
from sqlalchemy import make_url, text
from sqlalchemy.ext.asyncio import AsyncConnection

from server.app import create_app
from server.demo import player, seed
from server.postgres.database import single_connection
from server.postgres.migrate import upgrade
from server.settings import Settings, async_url
from tests.support.api import AgentClient, Api, Json

PAGE = """
    query ($id: ID!, $before: String) {
        chatChannel(id: $id) {
            messages(last: 50, before: $before) {
                edges { node { body } }
                pageInfo { hasPreviousPage startCursor }
            }
        }
    }
"""
TABLES = [
    "accounts",
    "agents",
    "teams",
    "channels",
    "members",
    "authors",
    "messages",
    "mentions",
    "reactions",
    "personal_notes",
    "changes",
    "demo_items",
]


@pytest.fixture(scope="module")
async def demo_url(database_url: str) -> str:
    url = await new_database(database_url, "demo")
    await seed(url)
    return url


@pytest.fixture(scope="module")
async def demo(demo_url: str, settings: Settings) -> AsyncIterator[Api]:
    app = create_app(settings, demo_url)
    async with app.router.lifespan_context(app):
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://chat.test", timeout=30) as http:
            yield Api(http, settings, app.state.pool.engine)


@pytest.fixture
async def connection(demo_url: str) -> AsyncIterator[AsyncConnection]:
    async with single_connection(demo_url) as connection:
        yield connection


async def new_database(database_url: str, name: str) -> str:
    async with single_connection(database_url) as connection:
        await connection.execute(text(f"CREATE DATABASE {name}"))
    url = make_url(async_url(database_url)).set(database=name).render_as_string(hide_password=False)
    await asyncio.to_thread(upgrade, url)
    return url


async def rows_in(connection: AsyncConnection) -> dict[str, int]:
    return {table: await connection.scalar(text(f"SELECT count(*) FROM {table}")) or 0 for table in TABLES}


async def channels_of(agent: AgentClient, selection: str) -> list[Json]:
    found = await agent.query(f"{{ chatChannels(first: 50) {{ edges {{ node {{ {selection} }} }} }} }}")
    return [edge["node"] for edge in found["chatChannels"]["edges"]]


async def test_seeding_again_changes_nothing(demo_url: str, connection: AsyncConnection) -> None:
    before = await rows_in(connection)
    assert min(before.values()) > 0, before
    await seed(demo_url)
    assert await rows_in(connection) == before


async def test_two_that_seed_at_once_write_one_demo(database_url: str, connection: AsyncConnection) -> None:
    url = await new_database(database_url, "demo_twice")
    await asyncio.gather(seed(url), seed(url))
    async with single_connection(url) as other:
        assert await rows_in(other) == await rows_in(connection)


async def test_what_was_interrupted_leaves_nothing(
    database_url: str, connection: AsyncConnection, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = await new_database(database_url, "demo_interrupted")

    async def interrupted(*_: object) -> None:
        raise InterruptedError

    with monkeypatch.context() as patch:
        patch.setattr(player, "archive_channel", interrupted)
        with pytest.raises(InterruptedError):
            await seed(url)
    async with single_connection(url) as other:
        assert set((await rows_in(other)).values()) == {0}
        await seed(url)
        assert await rows_in(other) == await rows_in(connection)


async def test_the_agents_are_those_of_the_picker(connection: AsyncConnection) -> None:
    found = await connection.execute(
        text("SELECT account_id, agent_id, name, role, active, email FROM agents ORDER BY account_id, agent_id")
    )
    assert [tuple(row) for row in found] == [
        ("1", "1", "Ana", "ADMINISTRATOR", True, "ana@example.com"),
        ("1", "2", "Bruno", "AGENT", True, "bruno@example.com"),
        ("1", "3", "Carla", "AGENT", True, "carla@example.com"),
        ("1", "4", "Davi", "AGENT", True, "davi@example.com"),
        ("1", "5", "Elisa", "AGENT", False, "elisa@example.com"),
        ("2", "21", "Otto", "ADMINISTRATOR", True, "otto@example.com"),
        ("2", "22", "Paula", "AGENT", True, "paula@example.com"),
    ]
    accounts = await connection.execute(text("SELECT name, chat_enabled FROM accounts ORDER BY account_id"))
    assert [tuple(row) for row in accounts] == [("Conversa Labs", True), ("Outra Empresa", True)]


async def test_there_is_a_channel_of_every_kind_and_state(connection: AsyncConnection) -> None:
    found = await connection.execute(
        text("SELECT kind, archived_at IS NOT NULL, count(*) FROM channels WHERE account_id = '1' GROUP BY 1, 2")
    )
    assert {(row[0], row[1]): row[2] for row in found} == {
        ("PUBLIC", False): 6,
        ("PUBLIC", True): 1,
        ("PRIVATE", False): 3,
        ("ANNOUNCEMENT", False): 2,
        ("DIRECT", False): 6,
    }


async def test_messages_of_every_sort_are_there(connection: AsyncConnection) -> None:
    sorts = {
        "a reply": "reply_to_id IS NOT NULL",
        "an edited one": "edited_at IS NOT NULL",
        "a deleted one": "deleted_at IS NOT NULL",
        "one with code": "body LIKE '%```%'",
    }
    for sort, condition in sorts.items():
        assert await connection.scalar(text(f"SELECT count(*) FROM messages WHERE {condition}")), sort
    targets = await connection.scalars(text("SELECT DISTINCT target FROM mentions"))
    assert set(targets) == {"AGENT", "TEAM", "CHANNEL"}
    events = await connection.scalars(text("SELECT DISTINCT system_event FROM messages"))
    assert {"CREATED", "JOINED", "LEFT", "ADDED", "ROLE_CHANGED", "RENAMED", "ARCHIVED"} <= set(events)


async def test_it_all_happened_before_now_and_in_order(connection: AsyncConnection) -> None:
    assert await connection.scalar(text("SELECT max(created_at) < now() FROM messages"))
    assert await connection.scalar(text("SELECT max(created_at) > now() - interval '2 days' FROM messages"))
    out_of_order = """
        SELECT count(*) FROM messages AS earlier JOIN messages AS later USING (account_id, channel_id)
         WHERE later.seq > earlier.seq AND later.created_at < earlier.created_at
    """
    assert await connection.scalar(text(out_of_order)) == 0


@pytest.mark.parametrize(("account_id", "agent_id"), [*(("1", id) for id in "1234"), ("2", "21"), ("2", "22")])
async def test_every_agent_has_something_unread(demo: Api, account_id: str, agent_id: str) -> None:
    channels = await channels_of(demo.agent(account_id, agent_id), "unreadCount unreadMentionCount")
    assert any(channel["unreadCount"] > 0 for channel in channels)
    assert any(channel["unreadMentionCount"] > 0 for channel in channels)
    assert any(channel["unreadCount"] == 0 for channel in channels)


async def test_one_channel_is_long_enough_to_page_through(demo: Api) -> None:
    bruno = demo.agent("1", "2")
    (suporte,) = [channel for channel in await channels_of(bruno, "id name") if channel["name"] == "Suporte"]
    bodies: list[str] = []
    cursor: str | None = None
    while cursor is not None or not bodies:
        answer = await bruno.query(PAGE, id=suporte["id"], before=cursor)
        page = answer["chatChannel"]["messages"]
        bodies = [edge["node"]["body"] for edge in page["edges"] if edge["node"]["body"]] + bodies
        cursor = page["pageInfo"]["startCursor"] if page["pageInfo"]["hasPreviousPage"] else None
    assert len(bodies) > 150
    assert bodies[0].startswith("Bom dia! Este canal")
    assert "Padaria Estrela quer cancelar" in bodies[-1]


async def test_the_agents_see_what_is_theirs(demo: Api) -> None:
    bruno = {channel["name"] for channel in await channels_of(demo.agent("1", "2"), "name")}
    davi = {channel["name"] for channel in await channels_of(demo.agent("1", "4"), "name")}
    assert {"Liderança", "Aurora Foods escalation", "Produto"} <= bruno - davi
    assert (await demo.agent("1", "5").execute("{ chatChannels { edges { node { id } } } }")).code == "AGENT_INACTIVE"
    assert "Mudança de escritório" not in bruno | davi


async def test_bruno_answers_elisa_in_vain(demo: Api) -> None:
    bruno = demo.agent("1", "2")
    peers = await channels_of(bruno, "id directPeer { name active } viewerCan { post }")
    (elisa,) = [channel for channel in peers if channel["directPeer"] and channel["directPeer"]["name"] == "Elisa"]
    assert elisa["directPeer"]["active"] is False
    assert elisa["viewerCan"]["post"] is False
    assert await bruno.refusal("sendChatMessage", "message { id }", channelId=elisa["id"], body="Oi!") == "READ_ONLY"


async def test_bruno_may_create_private_channels_and_davi_may_not(demo: Api) -> None:
    may = "{ chatViewer { viewerCan { createPrivateChannel } } }"
    for agent_id, expected in (("2", True), ("4", False)):
        answer = await demo.agent("1", agent_id).query(may)
        assert answer["chatViewer"]["viewerCan"]["createPrivateChannel"] is expected
