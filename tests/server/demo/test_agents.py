"""The demo as its agents see it."""

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

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
CARDS = """
    query ($id: ID!, $before: String) {
        chatChannel(id: $id) {
            messages(last: 100, before: $before) {
                nodes { cards { access title kind } }
                pageInfo { hasPreviousPage startCursor }
            }
        }
    }
"""


async def channels_of(person: AgentClient, selection: str) -> list[Json]:
    found = await person.query(f"{{ chatChannels(first: 50) {{ edges {{ node {{ {selection} }} }} }} }}")
    return [edge["node"] for edge in found["chatChannels"]["edges"]]


async def cards_in_suporte(person: AgentClient) -> list[tuple[str, str, str | None]]:
    """Returns kind, access and title of each card, oldest first."""
    (suporte,) = [channel for channel in await channels_of(person, "id name") if channel["name"] == "Suporte"]
    cards: list[tuple[str, str, str | None]] = []
    cursor: str | None = None
    while True:
        page = (await person.query(CARDS, id=suporte["id"], before=cursor))["chatChannel"]["messages"]
        found = [card for message in page["nodes"] for card in message["cards"]]
        cards = [(card["kind"], card["access"], card["title"]) for card in found] + cards
        if not page["pageInfo"]["hasPreviousPage"]:
            return cards
        cursor = page["pageInfo"]["startCursor"]


async def test_agents_are_those_that_the_readme_names(connection: AsyncConnection) -> None:
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


async def test_there_are_channels_of_every_kind(connection: AsyncConnection) -> None:
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


async def test_there_are_messages_of_every_sort(connection: AsyncConnection) -> None:
    sorts = {
        "replies": "reply_to_id IS NOT NULL",
        "edited messages": "edited_at IS NOT NULL",
        "deleted messages": "deleted_at IS NOT NULL",
        "messages with code": "body LIKE '%```%'",
    }
    for sort, condition in sorts.items():
        assert await connection.scalar(text(f"SELECT count(*) FROM messages WHERE {condition}")), sort
    targets = await connection.scalars(text("SELECT DISTINCT target FROM mentions"))
    assert set(targets) == {"AGENT", "TEAM", "CHANNEL"}
    events = await connection.scalars(text("SELECT DISTINCT system_event FROM messages"))
    assert {"CREATED", "JOINED", "LEFT", "ADDED", "ROLE_CHANGED", "RENAMED", "ARCHIVED"} <= set(events)


async def test_messages_are_in_the_past_and_in_order(connection: AsyncConnection) -> None:
    assert await connection.scalar(text("SELECT max(created_at) < now() FROM messages"))
    assert await connection.scalar(text("SELECT max(created_at) > now() - interval '2 days' FROM messages"))
    out_of_order = """
        SELECT count(*) FROM messages AS earlier JOIN messages AS later USING (account_id, channel_id)
         WHERE later.seq > earlier.seq AND later.created_at < earlier.created_at
    """
    assert await connection.scalar(text(out_of_order)) == 0


@pytest.mark.parametrize(("account_id", "agent_id"), [*(("1", id) for id in "1234"), ("2", "21"), ("2", "22")])
async def test_every_agent_has_unread_messages_and_mentions(demo: Api, account_id: str, agent_id: str) -> None:
    channels = await channels_of(demo.agent(account_id, agent_id), "unreadCount unreadMentionCount")
    assert any(channel["unreadCount"] > 0 for channel in channels)
    assert any(channel["unreadMentionCount"] > 0 for channel in channels)
    assert any(channel["unreadCount"] == 0 for channel in channels)


async def test_one_channel_has_several_pages(demo: Api) -> None:
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


async def test_agents_see_only_their_own_channels(demo: Api) -> None:
    bruno = {channel["name"] for channel in await channels_of(demo.agent("1", "2"), "name")}
    davi = {channel["name"] for channel in await channels_of(demo.agent("1", "4"), "name")}
    assert {"Liderança", "Aurora Foods escalation", "Produto"} <= bruno - davi
    assert (await demo.agent("1", "5").execute("{ chatChannels { edges { node { id } } } }")).code == "AGENT_INACTIVE"
    assert "Mudança de escritório" not in bruno | davi


async def test_the_direct_message_with_a_deactivated_agent_is_read_only(demo: Api) -> None:
    bruno = demo.agent("1", "2")
    peers = await channels_of(bruno, "id directPeer { name active } viewerCan { post }")
    (elisa,) = [channel for channel in peers if channel["directPeer"] and channel["directPeer"]["name"] == "Elisa"]
    assert elisa["directPeer"]["active"] is False
    assert elisa["viewerCan"]["post"] is False
    assert await bruno.refusal("sendChatMessage", "message { id }", channelId=elisa["id"], body="Oi!") == "READ_ONLY"


async def test_only_channel_managers_create_private_channels(demo: Api) -> None:
    query = "{ chatViewer { viewerCan { createPrivateChannel } } }"
    for agent_id, expected in (("2", True), ("4", False)):
        answer = await demo.agent("1", agent_id).query(query)
        assert answer["chatViewer"]["viewerCan"]["createPrivateChannel"] is expected


async def test_a_card_is_hidden_from_agents_who_cannot_see_its_item(demo: Api) -> None:
    everybody_sees = [
        ("CONVERSATION", "GRANTED", "Conversa #1042 com Ótica Clara"),
        ("TASK", "GRANTED", "Ligar para a Ótica Clara sobre a troca"),
        ("DEAL", "GRANTED", "Renovação anual da Ótica Clara"),
    ]
    granted, forbidden = ("DEAL", "GRANTED", "Grupo Aurora: 40 licenças"), ("DEAL", "FORBIDDEN", None)
    for agent_id, last in (("1", granted), ("2", forbidden), ("3", forbidden), ("4", granted)):
        assert await cards_in_suporte(demo.agent("1", agent_id)) == [*everybody_sees, last]
