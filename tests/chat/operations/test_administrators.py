"""What administrators of the account may do in channels that they are not in, and what stays closed to them."""

from tests.support.api import House, Json

LIST = "query ($query: String) { manageableChatChannels(query: $query) { nodes { name kind lastMessage { id } } } }"
CLOSED = """kind name memberCount members { nodes { agent { id } } }
  messages { nodes { body } pageInfo { hasPreviousPage } } lastMessage { body } firstUnreadMessage { id }
  unreadCount unreadMentionCount viewerMembership { role } viewerCan { read post join manageMembers edit archive }"""


async def _closed_room(house: House) -> tuple[str, str]:
    await house.bruno.create_channel("Aberto")
    channel = await house.bruno.create_channel("Diretoria", "PRIVATE", memberIds=["carla"])
    return channel, await house.bruno.send(channel, "Entre nós, [@Ana](mention://user/ana/Ana)")


async def test_administrators_find_every_channel_but_direct_messages(house: House) -> None:
    await _closed_room(house)
    await house.bruno.mutate("openDirectMessage", "channel { id }", agentId="carla")
    await house.bruno.create_channel("Avisos", "ANNOUNCEMENT")
    found = (await house.ana.query(LIST))["manageableChatChannels"]["nodes"]
    assert [(node["name"], node["kind"]) for node in found] == [
        ("Aberto", "PUBLIC"),
        ("Avisos", "ANNOUNCEMENT"),
        ("Diretoria", "PRIVATE"),
    ]
    assert [node["lastMessage"] is None for node in found] == [False, False, True]
    by_name = (await house.ana.query(LIST, query="DIRETÓ"))["manageableChatChannels"]["nodes"]
    assert [node["name"] for node in by_name] == ["Diretoria"]
    assert (await house.bruno.query(LIST))["manageableChatChannels"]["nodes"] == []


async def test_what_is_said_stays_closed_until_the_administrator_adds_himself(house: House) -> None:
    channel, message = await _closed_room(house)
    seen = await house.ana.see(channel, CLOSED)
    assert seen == {
        "kind": "PRIVATE",
        "name": "Diretoria",
        "memberCount": 2,
        "members": {"nodes": [{"agent": {"id": "bruno"}}, {"agent": {"id": "carla"}}]},
        "messages": {"nodes": [], "pageInfo": {"hasPreviousPage": False}},
        "lastMessage": None,
        "firstUnreadMessage": None,
        "unreadCount": 0,
        "unreadMentionCount": 0,
        "viewerMembership": None,
        "viewerCan": {
            "read": False,
            "post": False,
            "join": False,
            "manageMembers": True,
            "edit": True,
            "archive": True,
        },
    }
    find = "query ($id: ID!) { chatMessage(id: $id) { body } }"
    assert (await house.ana.query(find, id=message))["chatMessage"] is None
    for name, selection, input in (
        ("sendChatMessage", "message { id }", {"body": "Oi"}),
        ("joinChatChannel", "channel { id }", {}),
        ("markChatRead", "channel { id }", {}),
    ):
        assert await house.ana.refusal(name, selection, channelId=channel, **input) == "FORBIDDEN", name

    await house.ana.mutate("addChatMembers", "channel { id }", channelId=channel, agentIds=["ana", "davi"])
    assert await house.ana.bodies(channel) == ["Entre nós, [@Ana](mention://user/ana/Ana)"]
    told = await house.carla.see(channel, "messages { nodes { author { id } systemEvent { kind agents { id } } } }")
    events = [(node["author"]["id"], node["systemEvent"]) for node in told["messages"]["nodes"] if node["systemEvent"]]
    assert events[-2:] == [
        ("ana", {"kind": "ADMINISTRATOR_JOINED", "agents": []}),
        ("ana", {"kind": "ADDED", "agents": [{"id": "davi"}]}),
    ]
    roles = await house.ana.see(channel, "viewerMembership { role } unreadCount")
    assert roles == {"viewerMembership": {"role": "MEMBER"}, "unreadCount": 0}


async def test_administrators_manage_name_and_members_from_outside(house: House) -> None:
    channel, _ = await _closed_room(house)
    renamed = await house.ana.mutate("updateChatChannel", "channel { name }", channelId=channel, name="Conselho")
    assert renamed["channel"]["name"] == "Conselho"
    role: Json = {"channelId": channel, "agentId": "carla", "role": "OWNER"}
    await house.ana.mutate("changeChatMemberRole", "member { role }", **role)
    await house.ana.mutate("removeChatMember", "channel { id }", channelId=channel, agentId="bruno")
    assert await house.bruno.channel(channel) is None
    assert (await house.carla.told(channel))[-3:] == ["RENAMED", "ROLE_CHANGED", "REMOVED"]


async def test_nobody_but_the_two_reads_a_direct_message(house: House) -> None:
    opened = await house.bruno.mutate("openDirectMessage", "channel { id }", agentId="carla")
    channel = opened["channel"]["id"]
    message = await house.bruno.send(channel, "Só nós")
    assert await house.carla.bodies(channel) == ["Só nós"]
    find = "query ($id: ID!) { chatMessage(id: $id) { body } }"
    for person in (house.ana, house.davi):
        assert await person.channel(channel) is None
        assert (await person.query(find, id=message))["chatMessage"] is None
        for name, input in (
            ("addChatMembers", {"agentIds": ["ana"]}),
            ("joinChatChannel", {}),
            ("archiveChatChannel", {}),
            ("updateChatChannel", {"name": "Nosso"}),
        ):
            assert await person.refusal(name, "channel { id }", channelId=channel, **input) == "NOT_FOUND", name
        assert await person.refusal("deleteChatMessage", "message { id }", messageId=message) == "NOT_FOUND"
