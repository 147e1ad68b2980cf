"""Administrators of the account in channels of which they are not members: what they can do, and what stays hidden."""

from tests.support.api import Account, Json

LIST = "query ($query: String) { manageableChatChannels(query: $query) { nodes { name kind lastMessage { id } } } }"
CLOSED = """kind name memberCount members { nodes { agent { id } } }
  messages { nodes { body } pageInfo { hasPreviousPage } } lastMessage { body } firstUnreadMessage { id }
  unreadCount unreadMentionCount viewerMembership { role } viewerCan { read post join manageMembers edit archive }"""


async def _private_channel(account: Account) -> tuple[str, str]:
    await account.bruno.create_channel("Aberto")
    channel = await account.bruno.create_channel("Diretoria", "PRIVATE", memberIds=["carla"])
    return channel, await account.bruno.send(channel, "Entre nós, [@Ana](mention://user/ana/Ana)")


async def test_administrators_find_every_channel_except_direct_messages(account: Account) -> None:
    await _private_channel(account)
    await account.bruno.mutate("openDirectMessage", "channel { id }", agentId="carla")
    await account.bruno.create_channel("Avisos", "ANNOUNCEMENT")
    found = (await account.ana.query(LIST))["manageableChatChannels"]["nodes"]
    assert [(node["name"], node["kind"]) for node in found] == [
        ("Aberto", "PUBLIC"),
        ("Avisos", "ANNOUNCEMENT"),
        ("Diretoria", "PRIVATE"),
    ]
    assert [node["lastMessage"] is None for node in found] == [False, False, True]
    by_name = (await account.ana.query(LIST, query="DIRETÓ"))["manageableChatChannels"]["nodes"]
    assert [node["name"] for node in by_name] == ["Diretoria"]
    assert (await account.bruno.query(LIST))["manageableChatChannels"]["nodes"] == []


async def test_an_administrator_reads_a_private_channel_only_after_joining_it(account: Account) -> None:
    channel, message = await _private_channel(account)
    seen = await account.ana.read(channel, CLOSED)
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
    assert (await account.ana.query(find, id=message))["chatMessage"] is None
    for name, selection, input in (
        ("sendChatMessage", "message { id }", {"body": "Oi"}),
        ("joinChatChannel", "channel { id }", {}),
        ("markChatRead", "channel { id }", {}),
    ):
        assert await account.ana.refusal(name, selection, channelId=channel, **input) == "FORBIDDEN", name

    await account.ana.mutate("addChatMembers", "channel { id }", channelId=channel, agentIds=["ana", "davi"])
    assert await account.ana.bodies(channel) == ["Entre nós, [@Ana](mention://user/ana/Ana)"]
    history = await account.carla.read(
        channel, "messages { nodes { author { id } systemEvent { kind agents { id } } } }"
    )
    events = [
        (node["author"]["id"], node["systemEvent"]) for node in history["messages"]["nodes"] if node["systemEvent"]
    ]
    assert events[-2:] == [
        ("ana", {"kind": "ADMINISTRATOR_JOINED", "agents": []}),
        ("ana", {"kind": "ADDED", "agents": [{"id": "davi"}]}),
    ]
    roles = await account.ana.read(channel, "viewerMembership { role } unreadCount")
    assert roles == {"viewerMembership": {"role": "MEMBER"}, "unreadCount": 0}


async def test_administrators_manage_name_and_members_without_joining(account: Account) -> None:
    channel, _ = await _private_channel(account)
    renamed = await account.ana.mutate("updateChatChannel", "channel { name }", channelId=channel, name="Conselho")
    assert renamed["channel"]["name"] == "Conselho"
    role: Json = {"channelId": channel, "agentId": "carla", "role": "OWNER"}
    await account.ana.mutate("changeChatMemberRole", "member { role }", **role)
    await account.ana.mutate("removeChatMember", "channel { id }", channelId=channel, agentId="bruno")
    assert await account.bruno.find_channel(channel) is None
    assert (await account.carla.system_events(channel))[-3:] == ["RENAMED", "ROLE_CHANGED", "REMOVED"]


async def test_only_its_two_agents_can_read_a_direct_message(account: Account) -> None:
    opened = await account.bruno.mutate("openDirectMessage", "channel { id }", agentId="carla")
    channel = opened["channel"]["id"]
    message = await account.bruno.send(channel, "Só nós")
    assert await account.carla.bodies(channel) == ["Só nós"]
    find = "query ($id: ID!) { chatMessage(id: $id) { body } }"
    for agent in (account.ana, account.davi):
        assert await agent.find_channel(channel) is None
        assert (await agent.query(find, id=message))["chatMessage"] is None
        for name, input in (
            ("addChatMembers", {"agentIds": ["ana"]}),
            ("joinChatChannel", {}),
            ("archiveChatChannel", {}),
            ("updateChatChannel", {"name": "Nosso"}),
        ):
            assert await agent.refusal(name, "channel { id }", channelId=channel, **input) == "NOT_FOUND", name
        assert await agent.refusal("deleteChatMessage", "message { id }", messageId=message) == "NOT_FOUND"
