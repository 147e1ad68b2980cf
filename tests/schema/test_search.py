"""Searching messages: words and filters, who finds what, and pages."""

import asyncio
import threading
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from itertools import chain
from uuid import uuid4

import pytest

from chat.search_query import Part
from chat.search_snippets import snippet
from chat.search_terms import MessageFacts, lexemes
from chat.search_text import LONG_TEXT
from models.database import Connection
from models.enums import ItemKind
from tests.chat.operations.test_forward_message import forward
from tests.support.api import Account, AgentClient, Api, Json

SEARCH = """query ($query: String, $filter: ChatMessageSearchFilter, $first: Int, $after: String) {
  searchChatMessages(query: $query, filter: $filter, first: $first, after: $after) {
    nodes { snippet message { id body } }
    edges { cursor } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } }"""
STATEMENTS = 2
"""The viewer, and the page. The fields of the messages add those of any page."""

EMPTY = {
    "nodes": [],
    "edges": [],
    "pageInfo": {"hasNextPage": False, "hasPreviousPage": False, "startCursor": None, "endCursor": None},
}


async def search(agent: AgentClient, query: str | None = None, /, **filter: object) -> list[str]:
    """Returns the bodies of the messages found, in order."""
    page = (await agent.query(SEARCH, query=query, filter=filter or None))["searchChatMessages"]
    return [node["message"]["body"] for node in page["nodes"]]


async def remove(account: Account, channel: str, agent_id: str) -> None:
    await account.bruno.mutate("removeChatMember", "channel { id }", channelId=channel, agentId=agent_id)


async def create_private(account: Account, *member_ids: str) -> str:
    """Returns a private channel of bruno's, who owns another one, so that he may create it."""
    await account.bruno.create_channel()
    return await account.bruno.create_channel(kind="PRIVATE", memberIds=list(member_ids))


# ------------------------------------------------------------------ words
async def test_messages_are_found_by_their_words(account: Account) -> None:
    channel = await account.bruno.create_channel()
    for body in ("Reunião às 10h", "reuniao de **equipe**", "今天开会讨论", "Pronto 🎉", "Outra coisa"):
        await account.bruno.send(channel, body)
    assert await search(account.bruno, "reuniao") == ["reuniao de **equipe**", "Reunião às 10h"]
    assert await search(account.bruno, "REUNIÃO equ") == ["reuniao de **equipe**"]
    assert await search(account.bruno, '"de equipe"') == ["reuniao de **equipe**"]
    assert await search(account.bruno, '"equipe de"') == []
    assert await search(account.bruno, "开会") == await search(account.bruno, "会") == ["今天开会讨论"]
    assert await search(account.bruno, "🎉") == ["Pronto 🎉"]
    assert await search(account.bruno, "reuniao pronto") == []


async def test_a_forward_is_found_by_what_it_quotes(account: Account) -> None:
    source = await create_private(account)
    target = await account.bruno.create_channel()
    original = await account.bruno.send(
        source, "equipe https://example.com", attachmentIds=[await account.bruno.upload()]
    )
    forwarded = (await forward(account.bruno, original, {"channelId": target}, body="reunião de"))["id"]
    for filter in ({}, {"has": ["LINK"]}, {"has": ["FILE"]}):
        assert await search(account.davi, "equipe", **filter) == ["reunião de"]
    assert await search(account.davi, "de equipe") == await search(account.davi, '"reunião de"') == ["reunião de"]
    assert await search(account.davi, '"de equipe"') == []
    await account.bruno.mutate("editChatMessage", "message { id }", messageId=forwarded, body="nota")
    assert await search(account.davi, "nota equipe") == ["nota"]
    await account.bruno.mutate("deleteChatMessage", "message { id }", messageId=forwarded)
    assert await search(account.davi, "equipe") == []


async def test_a_result_has_the_message_and_a_snippet(account: Account) -> None:
    channel = await account.bruno.create_channel()
    id = await account.bruno.send(channel, "A reunião <hoje>")
    query = """{ searchChatMessages(query: "reuniao") {
      nodes { snippet message { id body channel { id } author { name } } } } }"""
    (node,) = (await account.bruno.query(query))["searchChatMessages"]["nodes"]
    assert node == {
        "snippet": "A <mark>reunião</mark> &lt;hoje&gt;",
        "message": {"id": id, "body": "A reunião <hoje>", "channel": {"id": channel}, "author": {"name": "Bruno"}},
    }


async def test_the_snippet_of_a_forward_may_show_what_it_quotes(account: Account) -> None:
    channel = await account.bruno.create_channel()
    original = await account.bruno.send(await account.bruno.create_channel(), "A reunião")
    await forward(account.bruno, original, {"channelId": channel}, body="vejam")
    for query, expected in (("reuniao", "A <mark>reunião</mark>"), ("reuniao vejam", "<mark>vejam</mark>")):
        page = (await account.bruno.query(SEARCH, query=query, filter={"channelId": channel}))["searchChatMessages"]
        assert [node["snippet"] for node in page["nodes"]] == [expected]


async def test_snippets_are_made_on_demand_and_without_a_connection(
    account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    channel = await account.bruno.create_channel()
    for body in ("oi", "oi " + "x" * LONG_TEXT, "oi"):
        await account.bruno.send(channel, body)
    pool, connections, made = account.api.pool, Counter[str](), []
    lend = pool.connection

    @asynccontextmanager
    async def counted(account_id: str | None) -> AsyncIterator[Connection]:
        async with lend(account_id) as connection:
            connections["lent"] += 1
            yield connection
            connections["lent"] -= 1

    def recorded(texts: Sequence[str], parts: Sequence[Part]) -> str:
        made.append((connections["lent"], threading.current_thread() is threading.main_thread()))
        return snippet(texts, parts)

    monkeypatch.setattr(pool, "connection", counted)
    monkeypatch.setattr("loaders.snippets.snippet", recorded)
    await account.bruno.query('{ searchChatMessages(query: "oi", first: 2) { nodes { message { id body } } } }')
    assert made == []
    await account.bruno.query('{ searchChatMessages(query: "oi", first: 2) { nodes { snippet } } }')
    assert made == [(0, True), (0, False)]


@pytest.mark.parametrize("query", [None, "", "  ", "...", '"', "\x00", "\u200b"])
async def test_without_anything_to_search_for_nothing_is_found(account: Account, query: str | None) -> None:
    channel = await account.bruno.create_channel()
    await account.bruno.send(channel)
    assert (await account.bruno.query(SEARCH, query=query))["searchChatMessages"] == EMPTY
    expected = ["Hello"] if not (query or "").strip() else []
    assert await search(account.bruno, query, channelId=channel) == expected


async def test_queries_are_limited(account: Account) -> None:
    for query in ("a " * 33, "会" * 33, "a" * 201):
        assert (await account.bruno.execute(SEARCH, query=query)).code == "BAD_USER_INPUT"
    assert await search(account.bruno, "a " * 32) == []


# ------------------------------------------------------------------ filters
async def test_filters_work_with_and_without_words(account: Account) -> None:
    for kind in (ItemKind.DEAL, ItemKind.TASK):
        account.add_item(kind, "1")
    first = await account.bruno.create_channel(memberIds=["carla"])
    second = await account.bruno.create_channel(memberIds=["carla"])
    await account.bruno.send(first, "oi um https://example.com")
    await account.carla.send(first, "oi dois", cards=[{"kind": "DEAL", "id": "1"}])
    await account.carla.send(second, "oi três", cards=[{"kind": "TASK", "id": "1"}])
    await account.bruno.send(second, "oi [@Carla](mention://user/carla/Carla)")
    mention = "oi [@Carla](mention://user/carla/Carla)"
    everything = [mention, "oi três", "oi dois", "oi um https://example.com"]
    for query in ("oi", None):
        assert await search(account.carla, query, channelId=first) == everything[2:]
        assert await search(account.carla, query, authorId="carla") == everything[1:3]
        assert await search(account.carla, query, authorId="carla", channelId=first) == ["oi dois"]
        assert await search(account.carla, query, mentionsViewer=True) == [mention]
        assert await search(account.bruno, query, mentionsViewer=True) == []
        assert await search(account.carla, query, has=["LINK"]) == everything[3:]
        assert await search(account.carla, query, has=["CARD"]) == everything[1:3]
        assert await search(account.carla, query, has=["CARD", "LINK"]) == everything[1:]
        assert await search(account.carla, query, has=["FILE"]) == []
        assert await search(account.carla, query, has=["IMAGE", "AUDIO"]) == []
        assert await search(account.carla, query, cardKinds=["DEAL"]) == ["oi dois"]
        assert await search(account.carla, query, cardKinds=["DEAL", "TASK", "CONTACT"]) == everything[1:3]
        assert await search(account.carla, query, cardKinds=["CAMPAIGN"]) == []
        assert await search(account.carla, query, has=["CARD"], cardKinds=["TASK"], authorId="bruno") == []
    assert await search(account.carla, "oi", mentionsViewer=False, has=[], cardKinds=[]) == everything
    assert await search(account.carla, None, mentionsViewer=False, has=[], cardKinds=[]) == []


async def test_the_texts_of_cards_are_not_searched(account: Account) -> None:
    account.add_item(ItemKind.DEAL, "1")
    channel = await account.bruno.create_channel()
    await account.bruno.send(channel, "veja", cards=[{"kind": "DEAL", "id": "1"}])
    assert await search(account.bruno, "veja") == ["veja"]
    for query in ("secret", "title", "summary"):
        assert await search(account.bruno, query) == []


async def test_mentions_of_a_team_and_of_everybody_mention_the_viewer(account: Account) -> None:
    await account.sync(teams=[{"id": "t", "name": "Time", "agentIds": ["carla"]}])
    channel = await account.bruno.create_channel(memberIds=["carla", "davi"])
    team, everybody = "[@Time](mention://team/t/Time)", "[@Todos](mention://channel/all)"
    for body in (team, everybody, "[@Ninguém](mention://team/x/X)"):
        await account.bruno.send(channel, body)
    assert await search(account.carla, mentionsViewer=True) == [everybody, team]
    assert await search(account.davi, mentionsViewer=True) == [everybody]
    assert await search(account.davi, "time") == [team]


async def test_messages_can_be_searched_by_time(account: Account) -> None:
    channel = await account.bruno.create_channel()
    await account.bruno.send(channel, "antes")
    await asyncio.sleep(0.01)
    moment = datetime.now(UTC)
    await account.bruno.send(channel, "depois")
    day = timedelta(days=1)
    for query in (None, "antes", "depois"):
        words = {"antes", "depois"} if query is None else {query}
        assert set(await search(account.bruno, query, before=moment.isoformat())) == words & {"antes"}
        assert set(await search(account.bruno, query, after=moment.isoformat())) == words & {"depois"}
        assert await search(account.bruno, query, after=(moment + day).isoformat()) == []
        assert await search(account.bruno, query, before=(moment - day).isoformat()) == []
        around = {"after": (moment - day).isoformat(), "before": (moment + day).isoformat()}
        assert set(await search(account.bruno, query, **around)) == words


@pytest.mark.parametrize("time", ["2026-11-27T12:00:00", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00"])
async def test_a_time_needs_a_time_zone_and_a_year(account: Account, time: str) -> None:
    for name in ("after", "before"):
        assert (await account.bruno.execute(SEARCH, filter={name: time})).code == "BAD_USER_INPUT"


# ------------------------------------------------------------------ access
async def test_private_channels_are_searched_only_by_their_members(account: Account) -> None:
    private = await create_private(account, "carla")
    await account.bruno.send(private, "segredo")
    assert await search(account.carla, "segredo") == ["segredo"]
    for other in (account.davi, account.ana):
        assert await search(other, "segredo") == await search(other, None, authorId="bruno") == []
    await remove(account, private, "carla")
    assert await search(account.carla, "segredo") == await search(account.carla, None, channelId=private) == []
    await account.bruno.mutate("addChatMembers", "channel { id }", channelId=private, agentIds=["carla"])
    assert await search(account.carla, "segredo") == ["segredo"]


async def test_public_channels_are_searched_by_everybody(account: Account, other_account: Account) -> None:
    public = await account.bruno.create_channel(kind="PUBLIC")
    await account.bruno.send(public, "aberto")
    assert await search(account.davi, "aberto") == await search(account.davi, None, channelId=public) == ["aberto"]
    assert await search(other_account.bruno, "aberto") == []
    for kind, found in (("PRIVATE", []), ("PUBLIC", ["aberto"])):
        await account.bruno.mutate("updateChatChannel", "channel { id }", channelId=public, kind=kind)
        assert await search(account.davi, "aberto") == found
    assert await search(account.bruno, "aberto") == ["aberto"]


async def test_direct_messages_are_searched_only_by_the_pair(account: Account) -> None:
    opened = await account.bruno.mutate("openDirectMessage", "channel { id }", agentId="carla")
    await account.bruno.send(opened["channel"]["id"], "entre nós")
    for agent in (account.bruno, account.carla):
        assert await search(agent, "entre") == ["entre nós"]
    for agent in (account.davi, account.ana):
        assert await search(agent, "entre") == []
    await account.sync(agents=[{"id": "carla", "name": "Carla", "active": False}])
    assert await search(account.bruno, "entre") == ["entre nós"]
    assert (await account.carla.execute(SEARCH, query="entre")).code == "AGENT_INACTIVE"


async def test_announcements_and_archived_channels_are_searched(account: Account) -> None:
    announcement = await account.ana.create_channel(kind="ANNOUNCEMENT")
    await account.ana.send(announcement, "aviso geral")
    await account.ana.mutate("archiveChatChannel", "channel { id }", channelId=announcement)
    assert await search(account.davi, "aviso") == ["aviso geral"]


async def test_the_module_must_be_enabled(account: Account) -> None:
    await account.ana.mutate("updateChatAccountSettings", "settings { chatEnabled }", chatEnabled=False)
    assert (await account.bruno.execute(SEARCH, query="x")).code == "MODULE_DISABLED"


async def test_a_channel_that_cannot_be_read_is_like_one_that_does_not_exist(
    account: Account, other_account: Account
) -> None:
    private = await create_private(account)
    foreign = await other_account.davi.create_channel(kind="PUBLIC")
    await account.bruno.send(private, "oi")
    await other_account.davi.send(foreign, "oi")
    for channel in (private, foreign, f"chn_{uuid4().hex}", "chn_x", "", private.replace("chn", "msg")):
        for query in ("oi", None):
            answer = await account.davi.query(SEARCH, query=query, filter={"channelId": channel})
            assert answer["searchChatMessages"] == EMPTY
    for author in ("ghost", "\x00", "bruno"):
        assert await search(account.davi, None, authorId=author) == []


async def test_a_removal_that_races_a_search_wins_or_comes_later(account: Account) -> None:
    """Whatever the order, a search that begins after the removal finds nothing."""
    private = await create_private(account, "carla")
    await account.bruno.send(private, "segredo")
    searches = asyncio.gather(*(search(account.carla, "segredo") for _ in range(10)))
    await remove(account, private, "carla")
    assert await search(account.carla, "segredo") == []
    assert all(found in ([], ["segredo"]) for found in await searches)


# ------------------------------------------------------------------ changes
async def test_edits_and_deletions_change_what_is_found(account: Account) -> None:
    account.add_item(ItemKind.DEAL, "1")
    channel = await account.bruno.create_channel(memberIds=["carla"])
    id = await account.bruno.send(channel, "primeiro", cards=[{"kind": "DEAL", "id": "1"}])
    edited = "segundo [@Carla](mention://user/carla/Carla) https://example.com"
    await account.bruno.mutate("editChatMessage", "message { id }", messageId=id, body=edited)
    assert await search(account.bruno, "primeiro") == []
    assert await search(account.bruno, "segundo") == [edited]
    assert await search(account.carla, mentionsViewer=True) == [edited]
    assert await search(account.carla, has=["LINK"], cardKinds=["DEAL"], authorId="bruno") == [edited]
    await account.bruno.mutate("editChatMessage", "message { id }", messageId=id, body="")
    assert await search(account.carla, cardKinds=["DEAL"]) == [""]
    assert await search(account.carla, mentionsViewer=True) == await search(account.carla, has=["LINK"]) == []
    await account.bruno.mutate("deleteChatMessage", "message { id }", messageId=id)
    assert await search(account.carla, cardKinds=["DEAL"]) == await search(account.carla, channelId=channel) == []


async def test_an_edited_message_keeps_its_place(account: Account) -> None:
    channel = await account.bruno.create_channel()
    first, *_ = [await account.bruno.send(channel, f"oi {number}") for number in range(3)]
    await account.bruno.mutate("editChatMessage", "message { id }", messageId=first, body="oi de novo")
    assert await search(account.bruno, "oi") == ["oi 2", "oi 1", "oi de novo"]


async def test_system_messages_are_not_found(account: Account) -> None:
    channel = await account.bruno.create_channel("Lançamento")
    await account.davi.mutate("joinChatChannel", "channel { id }", channelId=channel)
    for query in ("lancamento", "joined", "created"):
        assert await search(account.bruno, query) == []
    assert await search(account.bruno, None, channelId=channel) == []


# ------------------------------------------------------------------ pages
async def test_pages_contain_every_message_once_newest_first(account: Account) -> None:
    channel = await account.bruno.create_channel(memberIds=["carla"])
    hidden = await account.carla.create_channel(kind="PUBLIC")
    for number in range(25):
        await account.bruno.send(channel, f"oi {number}")
        await account.carla.send(hidden, "oi escondido")
    await account.carla.mutate("updateChatChannel", "channel { id }", channelId=hidden, kind="PRIVATE")
    for size in (1, 7, 24, 25, 26):
        found: list[str] = []
        page: Json = {"hasNextPage": True, "endCursor": None}
        while page["hasNextPage"]:
            answer = await account.bruno.query(SEARCH, query="oi", first=size, after=page["endCursor"])
            nodes, page = answer["searchChatMessages"]["nodes"], answer["searchChatMessages"]["pageInfo"]
            assert page["hasPreviousPage"] == bool(found)
            assert answer["searchChatMessages"]["edges"][-1]["cursor"] == page["endCursor"]
            found += [node["message"]["body"] for node in nodes]
            if len(found) == size:
                await account.bruno.send(channel, "oi mais novo")
        assert found[-25:] == [f"oi {number}" for number in reversed(range(25))]
        assert len([body for body in found if "novo" not in body]) == 25


async def _spread(account: Account, slices: int) -> None:
    """Moves the account's messages to different slices, one each, and the clock behind the newest."""
    moved = """
        UPDATE search_entries
           SET slice = moved.slice, terms = replace(
                terms::text, left(md5(account_id || '/0'), 6), left(md5(account_id || '/' || moved.slice), 6))::tsvector
          FROM (SELECT message_id, row_number() OVER (ORDER BY message_id) * $2::bigint AS slice
                  FROM search_entries WHERE account_id = $1::text) AS moved
         WHERE account_id = $1::text AND search_entries.message_id = moved.message_id"""
    async with account.api.engine.begin() as connection:
        result = await connection.exec_driver_sql(moved, (account.account_id, slices))
        clock = "UPDATE account_clocks SET change = ($2::bigint << 13) WHERE account_id = $1::text"
        await connection.exec_driver_sql(clock, (account.account_id, (result.rowcount + 2) * slices))


async def _all_pages(agent: AgentClient, size: int, query: str | None, **filter: object) -> list[list[str]]:
    pages: list[list[str]] = []
    cursor = None
    while True:
        answer = await agent.query(SEARCH, query=query, filter=filter or None, first=size, after=cursor)
        found = answer["searchChatMessages"]
        pages.append([node["message"]["body"] for node in found["nodes"]])
        cursor = found["pageInfo"]["endCursor"]
        if not found["pageInfo"]["hasNextPage"]:
            return pages


@pytest.mark.parametrize("distance", [1, 3, 40])
async def test_pages_cross_slices(account: Account, distance: int) -> None:
    channel = await account.bruno.create_channel()
    expected: list[str] = []
    for number in range(45):
        await account.bruno.send(channel, f"oi{' par' * (number % 2 == 0)} {number}")
        expected.insert(0, f"oi{' par' * (number % 2 == 0)} {number}")
    await _spread(account, distance)
    even = [body for body in expected if "par" in body]
    for size in (1, 7, 45, 100):
        for query, found in (("oi", expected), ("par oi", even), ("oi 4", ["oi par 4"])):
            pages = await _all_pages(account.bruno, size, query)
            assert list(chain(*pages)) == found
            assert all(len(page) == size for page in pages[:-1])
    assert list(chain(*await _all_pages(account.bruno, 10, None, channelId=channel))) == expected
    assert await _all_pages(account.bruno, 10, "nada") == [[]]


async def test_a_page_ends_after_a_limited_amount_of_work(account: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    """Then the next page goes on from there, so that nothing is left out."""
    open_, closed = await account.bruno.create_channel(), await create_private(account)
    for number in range(10):
        await account.bruno.send(open_ if number % 5 == 0 else closed, f"oi {number}")
    await _spread(account, 1)
    for limits in ({"EXAMINED_LIMIT": 1}, {"SLICES_LIMIT": 1}, {"PHRASE_SLICES_LIMIT": 1}):
        with monkeypatch.context() as patch:
            for name, limit in limits.items():
                patch.setattr(f"loaders.search.{name}", limit)
            query = '"oi 5"' if "PHRASE_SLICES_LIMIT" in limits else "oi"
            pages = await _all_pages(account.davi, 10, query)
        assert len(pages) > 2
        assert [] in pages
        assert list(chain(*pages)) == [body for body in ("oi 5", "oi 0") if query == "oi" or body == "oi 5"]


async def test_the_number_of_statements_is_constant(account: Account) -> None:
    channel = await account.bruno.create_channel()
    for number in range(60):
        await account.bruno.send(channel, f"oi {number}")
    query = (
        "query ($query: String, $filter: ChatMessageSearchFilter) { searchChatMessages(query: $query, filter: $filter)"
    )
    query += " { nodes { snippet message { id body } } pageInfo { hasNextPage } } }"
    filters: list[Json | None] = [None, {"channelId": channel}, {"mentionsViewer": True, "has": ["FILE"]}]
    for words in ("oi", "oi 5", "nada", '"oi 7"', "o"):
        for filter in filters:
            with account.api.statements() as sent:
                await account.bruno.query(query, query=words, filter=filter)
            assert len(sent) == STATEMENTS, "\n\n".join(sent)


async def test_an_edit_and_a_deletion_execute_one_statement_more(account: Account) -> None:
    channel = await account.bruno.create_channel()
    id = await account.bruno.send(channel, "oi")
    for mutation, input in (("editChatMessage", {"body": "tchau"}), ("deleteChatMessage", {})):
        with account.api.statements() as sent:
            await account.bruno.mutate(mutation, "message { id }", messageId=id, **input)
        assert len([statement for statement in sent if "search_entries" in statement]) == 1
    for uploads in ([], [await account.bruno.upload()]):
        with account.api.statements() as sent:
            await account.bruno.send(channel, "oi", attachmentIds=uploads)
        (statement,) = [statement for statement in sent if "search_entries" in statement]
        assert "INSERT INTO messages" in statement


async def test_long_texts_are_indexed_in_another_thread(account: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    threads = []

    def recorded(facts: MessageFacts) -> str:
        threads.append(threading.current_thread())
        return lexemes(facts)

    monkeypatch.setattr("chat.search_index.lexemes", recorded)
    channel = await account.bruno.create_channel()
    id = await account.bruno.send(channel, "今天开会 " + "x" * LONG_TEXT)
    await account.bruno.mutate("editChatMessage", "message { id }", messageId=id, body="明天开会 " + "x" * LONG_TEXT)
    assert len(threads) == 2
    assert threading.current_thread() not in threads
    assert len(await search(account.bruno, "明天")) == 1


async def test_sizes_and_cursors_are_checked(account: Account, api: Api) -> None:
    for size in (0, 101, -5):
        assert (await account.bruno.execute(SEARCH, query="x", first=size)).code == "BAD_USER_INPUT"
    channel = await account.bruno.create_channel()
    await account.bruno.send(channel)
    answer = await account.bruno.query(SEARCH, query="hello")
    own = answer["searchChatMessages"]["pageInfo"]["endCursor"]
    assert (await account.bruno.query(SEARCH, query="hello", after=own))["searchChatMessages"]["nodes"] == []
    others = "{ chatChannels { pageInfo { endCursor } } }"
    foreign = (await account.bruno.query(others))["chatChannels"]["pageInfo"]["endCursor"]
    for cursor in ("", "x", foreign, own[:-4], own + "AAAA"):
        assert (await account.bruno.execute(SEARCH, query="hello", after=cursor)).code == "BAD_USER_INPUT", cursor
