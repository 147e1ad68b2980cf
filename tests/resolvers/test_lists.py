"""Lists of channels, agents and members: their order, filters, search and pages."""

from base64 import urlsafe_b64decode, urlsafe_b64encode

import orjson
import pytest

from tests.support.api import Account, AgentClient, Api, Json

SIDEBAR = """query ($first: Int, $after: String, $kinds: [ChatChannelKind!], $unread: Boolean) {
  chatChannels(first: $first, after: $after, kinds: $kinds, unread: $unread) {
    nodes { id name } pageInfo { hasNextPage endCursor } } }"""
CHANNEL_ID = "01a204d0-d0e0-728e-91fd-48355f26c7a0"
LISTS = ("chatChannels", "discoverChatChannels", "manageableChatChannels", "chatAgents", "shareDestinations")
# A cursor holds the name of its list and the sort key of a row. These are keys of no list, and keys of other lists.
OF_NO_LIST = ((), (1, 2), (None, None), ("a\x00", CHANNEL_ID), ("a", CHANNEL_ID, "b"))
NOT_OF: dict[str, tuple[tuple[object, ...], ...]] = {
    "chatChannels": (
        ("a", CHANNEL_ID),
        ("2026-01-01T00:00:00+00:00", CHANNEL_ID),
        ("1", "2026-01-01T00:00:00+00:00", CHANNEL_ID),
        (1, "2026-01-01T00:00:00", CHANNEL_ID),
        (1, "0001-01-01T00:00:00+14:00", CHANNEL_ID),
        (1, "2026-01-01T00:00:00+00:00", "a"),
    ),
    "discoverChatChannels": (("a", "b"),),
    "manageableChatChannels": (("a", "b"),),
    "shareDestinations": (("a", "channel", "b"), ("a", "zzz", CHANNEL_ID)),
}


async def _sidebar(agent: AgentClient, **arguments: object) -> list[str]:
    return [node["name"] for node in (await agent.query(SIDEBAR, **arguments))["chatChannels"]["nodes"]]


async def _found(agent: AgentClient, field: str, query: str) -> list[str]:
    document = f"query ($query: String) {{ {field}(query: $query) {{ nodes {{ name }} }} }}"
    return [node["name"] for node in (await agent.query(document, query=query))[field]["nodes"]]


async def test_the_channel_with_the_latest_message_is_first(account: Account) -> None:
    rooms = {name: await account.bruno.create_channel(name, memberIds=["carla"]) for name in ("Um", "Dois", "Três")}
    assert await _sidebar(account.carla) == ["Três", "Dois", "Um"]
    await account.bruno.send(rooms["Um"])
    assert await _sidebar(account.carla) == ["Um", "Três", "Dois"]
    await account.bruno.mutate("updateChatChannel", "channel { id }", channelId=rooms["Dois"], description="Novo")
    assert await _sidebar(account.carla) == ["Um", "Três", "Dois"]
    assert await _sidebar(account.davi) == []


async def test_channels_can_be_filtered_by_kind_and_unread(account: Account) -> None:
    public = await account.bruno.create_channel("Aberto", memberIds=["carla"])
    private = await account.bruno.create_channel("Fechado", "PRIVATE", memberIds=["carla"])
    await account.bruno.create_channel("Avisos", "ANNOUNCEMENT")
    await account.bruno.mutate("openDirectMessage", "channel { id }", agentId="carla")
    assert await _sidebar(account.carla, kinds=["DIRECT"]) == [None]
    assert await _sidebar(account.carla, kinds=["PUBLIC", "PRIVATE"]) == ["Fechado", "Aberto"]
    assert await _sidebar(account.carla, kinds=[]) == []
    assert await _sidebar(account.carla, unread=True) == []
    await account.bruno.send(private)
    await account.carla.send(public)
    assert await _sidebar(account.carla, unread=True) == ["Fechado"]
    assert await _sidebar(account.bruno, unread=True) == ["Aberto"]


@pytest.mark.parametrize("size", [1, 2, 3, 5, 100])
async def test_favourites_come_first_and_pages_go_on_after_them(account: Account, size: int) -> None:
    rooms = {name: await account.bruno.create_channel(name) for name in ("1", "2", "3", "4", "5")}
    for name in ("2", "4"):
        await account.bruno.mutate("updateChatMembership", "membership { role }", channelId=rooms[name], favourite=True)
    for name in ("1", "2"):
        await account.bruno.send(rooms[name])
    assert await _pages(account.bruno, size) == ["2", "4", "1", "5", "3"]
    await account.bruno.mutate("updateChatMembership", "membership { role }", channelId=rooms["2"], favourite=False)
    assert await _pages(account.bruno, size) == ["4", "2", "1", "5", "3"]


async def _pages(agent: AgentClient, size: int) -> list[str]:
    """Returns the names of the channels on all pages of the sidebar."""
    found: list[str] = []
    page: Json = {"hasNextPage": True, "endCursor": None}
    while page["hasNextPage"]:
        answer = (await agent.query(SIDEBAR, first=size, after=page["endCursor"]))["chatChannels"]
        found += [node["name"] for node in answer["nodes"]]
        page = answer["pageInfo"]
    return found


@pytest.mark.parametrize("size", [1, 2, 3, 7, 100])
async def test_pages_of_channels_contain_every_channel_once(account: Account, size: int) -> None:
    names = [f"Sala {number}" for number in range(7)]
    for name in names:
        await account.bruno.create_channel(name)
    assert await _pages(account.bruno, size) == names[::-1]


async def test_search_ignores_accents_and_case(account: Account) -> None:
    for name in ("Ação Rápida", "acao lenta", "Reação", "Coração 100%", "Notas_A", "Straße"):
        await account.bruno.create_channel(name)
    await account.bruno.create_channel("Ação secreta", "PRIVATE")
    await account.bruno.create_channel("Ação avisada", "ANNOUNCEMENT")
    expected = {
        "ACAO": ["Ação avisada", "acao lenta", "Ação Rápida", "Coração 100%", "Reação"],
        "ação r": ["Ação Rápida"],
        " coração ": ["Coração 100%"],
        "%": ["Coração 100%"],
        "_": ["Notas_A"],
        "\\": [],
        "strasse": ["Straße"],
        "nada": [],
        "a\x00cao l": ["acao lenta"],
    }
    for query, names in expected.items():
        found = await _found(account.davi, "discoverChatChannels", query)
        assert sorted(found) == sorted(names), query


async def test_search_finds_active_and_deactivated_agents(account: Account) -> None:
    await account.sync(agents=[{"id": "j", "name": "João Ângelo"}])
    assert await _found(account.davi, "chatAgents", "joao a") == ["João Ângelo"]
    assert await _found(account.davi, "chatAgents", "") == ["Ana", "Bruno", "Carla", "Davi", "Elisa", "João Ângelo"]
    for query in ("\x00", "\u200b", "\u0301", " \x00 ", "\uffff"):
        assert await _found(account.davi, "chatAgents", query) == [], ascii(query)
    assert await _found(account.davi, "chatAgents", "  ") == await _found(account.davi, "chatAgents", "")


async def test_an_agent_is_found_by_the_ways_to_type_the_name(account: Account) -> None:
    names = ("Işık Yılmaz", "𝓐𝓷𝓪 Dias", "D’Arcy")
    await account.sync(agents=[{"id": name[0], "name": name} for name in names])
    for query in ("isik", "yilmaz", "ışık yılmaz", "IŞIK"):
        assert await _found(account.davi, "chatAgents", query) == ["Işık Yılmaz"]
    assert await _found(account.davi, "chatAgents", "ana d") == ["𝓐𝓷𝓪 Dias"]
    assert await _found(account.davi, "chatAgents", "d'arcy") == ["D’Arcy"]


async def test_members_can_be_filtered_by_name_and_role(api: Api) -> None:
    account = await api.create_account(extra_agents=120)
    channel = await account.bruno.create_channel(memberIds=[f"extra-{number:04}" for number in range(120)])
    members = "query ($id: ID!, $after: String, $query: String, $role: ChatRole) { chatChannel(id: $id) {" + (
        " members(first: 50, after: $after, query: $query, role: $role) {"
        " nodes { agent { id } } pageInfo { hasNextPage endCursor } } } }"
    )
    found: list[str] = []
    page: Json = {"hasNextPage": True, "endCursor": None}
    while page["hasNextPage"]:
        answer = (await account.davi.query(members, id=channel, after=page["endCursor"]))["chatChannel"]["members"]
        found += [node["agent"]["id"] for node in answer["nodes"]]
        page = answer["pageInfo"]
    assert found == ["bruno", *(f"extra-{number:04}" for number in range(120))]
    for arguments, expected in (({"query": "EXTRA 0007"}, ["extra-0007"]), ({"role": "OWNER"}, ["bruno"])):
        answer = (await account.davi.query(members, id=channel, **arguments))["chatChannel"]["members"]
        assert [node["agent"]["id"] for node in answer["nodes"]] == expected


@pytest.mark.parametrize("field", LISTS)
async def test_sizes_and_cursors_of_every_list_are_checked(account: Account, field: str) -> None:
    await account.ana.create_channel("Um")
    await account.ana.create_channel("Dois")
    query = (
        f"query ($first: Int, $after: String) {{ {field}(first: $first, after: $after)"
        " { nodes { __typename } pageInfo { endCursor hasNextPage } } }"
    )
    for size in (0, 101, -5):
        assert (await account.ana.execute(query, first=size)).code == "BAD_USER_INPUT"
    assert len((await account.ana.query(query, first=100))[field]["nodes"]) >= 2
    own = (await account.ana.query(query, first=1))[field]["pageInfo"]["endCursor"]
    assert len((await account.ana.query(query, first=1, after=own))[field]["nodes"]) == 1
    name, *_ = _values(own)
    wrong = [_cursor(name, *values) for values in (*OF_NO_LIST, *NOT_OF.get(field, ()))]
    for cursor in ("", "x", _cursor(*_values(own)[1:]), *wrong):
        assert (await account.ana.execute(query, after=cursor)).code == "BAD_USER_INPUT", cursor


async def test_a_cursor_of_another_list_is_refused(account: Account) -> None:
    """Even where both lists have the same sort key."""
    channel, other = [await account.ana.create_channel(name) for name in ("Um", "Dois")]
    pages = "query ($after: String) { %s(first: 1, after: $after) { pageInfo { endCursor } } }"
    query = (
        "query ($id: ID!, $after: String) { chatChannel(id: $id) { %s(first: 1, after: $after) { edges { cursor } } } }"
    )

    async def end(field: str) -> str:
        cursor: str = (await account.ana.query(pages % field))[field]["pageInfo"]["endCursor"]
        return cursor

    async def first_of(channel: str, field: str) -> str:
        cursor: str = (await account.ana.query(query % field, id=channel))["chatChannel"][field]["edges"][0]["cursor"]
        return cursor

    agents, discovery, manageable = [
        await end(f) for f in ("chatAgents", "discoverChatChannels", "manageableChatChannels")
    ]
    for field, cursor in {"discoverChatChannels": manageable, "manageableChatChannels": discovery}.items():
        assert (await account.ana.execute(pages % field, after=cursor)).code == "BAD_USER_INPUT"
    assert (await account.ana.execute(query % "members", id=channel, after=agents)).code == "BAD_USER_INPUT"
    said = await first_of(channel, "messages")
    assert "errors" not in (await account.ana.execute(query % "messages", id=channel, after=said)).body
    assert (await account.ana.execute(query % "messages", id=other, after=said)).code == "BAD_USER_INPUT"


def _cursor(*values: object) -> str:
    return urlsafe_b64encode(orjson.dumps(values)).decode().rstrip("=")


def _values(cursor: str) -> list[object]:
    values: list[object] = orjson.loads(urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    return values
