"""Changing a channel: its name, description, avatar and kind, and archiving it."""

from tests.support.api import Account, AgentClient, Json
from tests.support.fingerprint import fingerprint
from tests.support.sockets import open_socket

CHANNEL = "channel { id kind name description avatar { ... on ChatIconAvatar { icon color } } archivedAt }"
CHANGED = """subscription ($channel: ID!, $since: String) {
  chatChannelChanged(channelId: $channel, since: $since) { change message { body } }
}"""
LAST_EVENT = "lastMessage { author { id } systemEvent { kind before after } }"


async def _create_channel(account: Account, kind: str = "PUBLIC") -> str:
    """Returns a channel with bruno as owner, carla as admin and davi as member."""
    await account.bruno.create_channel("Outra")
    channel = await account.bruno.create_channel("Vendas", kind, memberIds=["carla", "davi"])
    role: Json = {"channelId": channel, "agentId": "carla", "role": "ADMIN"}
    await account.bruno.mutate("changeChatMemberRole", "member { role }", **role)
    return channel


async def _listed(account: Account, **arguments: bool) -> set[str]:
    query = "query ($archived: Boolean) { chatChannels(archived: $archived) { nodes { name } } }"
    return {node["name"] for node in (await account.davi.query(query, **arguments))["chatChannels"]["nodes"]}


async def test_each_change_has_a_system_message_with_the_previous_value(account: Account) -> None:
    channel = await _create_channel(account)
    await account.carla.mutate("updateChatChannel", CHANNEL, channelId=channel, name=" Vendas BR ")
    assert (await account.davi.read(channel, LAST_EVENT))["lastMessage"] == {
        "author": {"id": "carla"},
        "systemEvent": {"kind": "RENAMED", "before": "Vendas", "after": "Vendas BR"},
    }
    await account.bruno.mutate("updateChatChannel", CHANNEL, channelId=channel, description="Tudo")
    assert (await account.davi.read(channel, LAST_EVENT))["lastMessage"]["systemEvent"] == {
        "kind": "DESCRIBED",
        "before": None,
        "after": "Tudo",
    }
    look = {"icon": {"icon": "star", "color": "#112233"}}
    changed = await account.bruno.mutate("updateChatChannel", CHANNEL, channelId=channel, avatar=look)
    assert changed["channel"]["avatar"] == look["icon"]
    cleared = await account.bruno.mutate("updateChatChannel", CHANNEL, channelId=channel, avatar=None, description=None)
    assert (cleared["channel"]["avatar"], cleared["channel"]["description"]) == (None, None)
    assert cleared["channel"]["name"] == "Vendas BR"


async def test_setting_the_current_value_changes_nothing(account: Account) -> None:
    channel = await _create_channel(account)
    same: Json = {"channelId": channel, "name": "Vendas", "description": " ", "kind": "PUBLIC", "avatar": None}
    before = await fingerprint(account)
    await account.bruno.mutate("updateChatChannel", CHANNEL, **same)
    assert await fingerprint(account) == before


async def test_an_update_with_one_invalid_field_changes_nothing(account: Account) -> None:
    channel = await _create_channel(account)
    before = await fingerprint(account)
    wrong: list[tuple[Json, str]] = [
        ({"kind": "ANNOUNCEMENT"}, "INVALID"),
        ({"kind": "DIRECT"}, "INVALID"),
        ({"kind": "PRIVATE"}, "FORBIDDEN"),
        ({"description": "d" * 1001}, "INVALID"),
        ({"avatar": {"icon": {"icon": "star", "color": "blue"}}}, "INVALID"),
        ({"kind": None}, "INVALID"),
    ]
    for part, code in wrong:
        refused = await account.carla.refusal(
            "updateChatChannel", CHANNEL, channelId=channel, **{"name": "Novo", **part}
        )
        assert refused == code, part
    assert await account.carla.refusal("updateChatChannel", CHANNEL, channelId=channel, name=None) == "INVALID"
    assert await fingerprint(account) == before


async def test_owners_and_administrators_can_change_the_kind(account: Account) -> None:
    channel = await _create_channel(account)
    await account.ana.mutate("joinChatChannel", "channel { id }", channelId=channel)
    for kind, agent in (
        ("PRIVATE", account.bruno),
        ("PUBLIC", account.ana),
        ("PRIVATE", account.ana),
        ("PUBLIC", account.bruno),
    ):
        for refused in (account.carla, account.davi):
            answer = await refused.refusal("updateChatChannel", CHANNEL, channelId=channel, kind=kind)
            assert answer == "FORBIDDEN"
        changed = await agent.mutate("updateChatChannel", CHANNEL, channelId=channel, kind=kind)
        assert changed["channel"]["kind"] == kind
        before = "PUBLIC" if kind == "PRIVATE" else "PRIVATE"
        event = {"kind": "KIND_CHANGED", "before": before, "after": kind}
        assert (await account.davi.read(channel, LAST_EVENT))["lastMessage"]["systemEvent"] == event


async def test_an_administrator_makes_a_private_channel_public_only_as_a_member(
    account: Account, socket_url: str
) -> None:
    """Otherwise they could read its messages without a system message that reports it."""
    channel = await _create_channel(account, "PRIVATE")
    await account.bruno.send(channel, "Secreto")
    opening: Json = {"channelId": channel, "kind": "PUBLIC"}
    closing: Json = {"channelId": channel, "kind": "PRIVATE"}
    # An administrator who is a member can open it. Without their membership, they can close it, but not open it again.
    await account.ana.mutate("addChatMembers", "channel { id }", channelId=channel, agentIds=["ana"])
    await account.ana.mutate("updateChatChannel", CHANNEL, **opening)
    await account.ana.mutate("leaveChatChannel", "channel { id }", channelId=channel)
    await account.ana.mutate("updateChatChannel", CHANNEL, **closing)
    async with open_socket(socket_url, account.carla.token) as socket:
        stream = await socket.subscribe(CHANGED, channel=channel, since=await account.carla.position(channel))
        before = await fingerprint(account)
        for attempt in (opening, {**opening, "name": "Vendas BR"}):
            refused = await account.ana.payload("updateChatChannel", CHANNEL, **attempt)
            assert [(error["code"], error["path"]) for error in refused["userErrors"]] == [("FORBIDDEN", ["kind"])]
        assert await fingerprint(account) == before
        assert await account.ana.find_channel(channel, "viewerCan { read }") == {"viewerCan": {"read": False}}
        await account.bruno.send(channel, "Ainda fechado")
        assert (await stream.data())["message"]["body"] == "Ainda fechado"


async def test_an_agent_who_cannot_create_private_channels_cannot_make_one_private(account: Account) -> None:
    channel = await account.bruno.create_channel("Vendas")
    await account.bruno.mutate("updateChatChannel", CHANNEL, channelId=channel, kind="PRIVATE")
    await account.ana.mutate(
        "updateChatAccountSettings", "settings { chatEnabled }", whoCreatesPrivate="ADMINISTRATORS"
    )
    # The owner can make it public, but only an administrator can make it private again.
    await account.bruno.mutate("updateChatChannel", CHANNEL, channelId=channel, kind="PUBLIC")
    before = await fingerprint(account)
    refused = await account.bruno.payload("updateChatChannel", CHANNEL, channelId=channel, kind="PRIVATE", name="Novo")
    assert [(error["code"], error["path"]) for error in refused["userErrors"]] == [("FORBIDDEN", ["kind"])]
    assert await fingerprint(account) == before
    await account.ana.mutate("updateChatChannel", CHANNEL, channelId=channel, kind="PRIVATE")


async def test_a_channel_made_private_is_hidden_from_non_members(account: Account) -> None:
    channel = await account.bruno.create_channel("Vendas", memberIds=["carla"])
    message = await account.bruno.send(channel, "Aberto")
    find = "query ($id: ID!) { chatMessage(id: $id) { body } }"
    assert await account.davi.bodies(channel) == ["Aberto"]
    await account.bruno.mutate("updateChatChannel", CHANNEL, channelId=channel, kind="PRIVATE")
    assert await account.davi.find_channel(channel) is None
    assert (await account.davi.query(find, id=message))["chatMessage"] is None
    assert (await account.davi.query("{ discoverChatChannels { nodes { id } } }"))["discoverChatChannels"][
        "nodes"
    ] == []
    assert await account.carla.bodies(channel) == ["Aberto"]


async def test_an_archived_channel_is_read_only(account: Account) -> None:
    """`viewerCan` agrees with the mutations, before the channel is archived and after."""
    channel = await _create_channel(account)
    message = await account.davi.send(channel, "Antes")
    can = """viewerCan { read post join leave manageMembers manageAuthors edit archive }
             messages(last: 1) { nodes { viewerCan { edit delete react } } }"""
    assert await _permitted(account.bruno, channel, can) == {
        *("read", "post", "leave", "manageMembers", "edit", "archive"),
        *("message delete", "message react"),
    }
    assert await _permitted(account.davi, channel, can) == {
        *("read", "post", "leave", "message edit", "message delete", "message react")
    }
    await account.davi.mutate("addChatReaction", "message { id }", messageId=message, emoji="🎉")
    archived = await account.carla.mutate("archiveChatChannel", CHANNEL, channelId=channel)
    assert archived["channel"]["archivedAt"] is not None
    before = await fingerprint(account)
    again = await account.bruno.mutate("archiveChatChannel", CHANNEL, channelId=channel)
    assert again["channel"]["archivedAt"] == archived["channel"]["archivedAt"]
    mutations: list[tuple[str, Json]] = [
        ("sendChatMessage", {"channelId": channel, "body": "?"}),
        ("editChatMessage", {"messageId": message, "body": "?"}),
        ("deleteChatMessage", {"messageId": message}),
        ("addChatReaction", {"messageId": message, "emoji": "👍"}),
        ("removeChatReaction", {"messageId": message, "emoji": "🎉"}),
    ]
    for name, input in mutations:
        assert await account.davi.refusal(name, "message { id }", **input) == "ARCHIVED", name
    assert await account.ana.refusal("joinChatChannel", "channel { id }", channelId=channel) == "ARCHIVED"
    changes: list[tuple[str, Json]] = [
        ("updateChatChannel", {"name": "Outro"}),
        ("updateChatChannel", {"kind": "PRIVATE"}),
        ("addChatMembers", {"agentIds": ["ana"]}),
        ("removeChatMember", {"agentId": "davi"}),
        ("changeChatMemberRole", {"agentId": "davi", "role": "ADMIN"}),
    ]
    for agent in (account.bruno, account.ana):
        for name, input in changes:
            selection = "member { role }" if "role" in input else "channel { id }"
            assert await agent.refusal(name, selection, channelId=channel, **input) == "ARCHIVED", name
    assert await fingerprint(account) == before
    assert await account.davi.bodies(channel) == ["Antes"]
    assert await _permitted(account.bruno, channel, can) == {"read", "leave", "archive"}
    assert await _permitted(account.davi, channel, can) == {"read", "leave"}
    assert await _permitted(account.ana, channel, can) == {"read", "archive"}


async def _permitted(agent: AgentClient, channel: str, selection: str) -> set[str]:
    seen = await agent.read(channel, selection)
    (message,) = seen["messages"]["nodes"]
    of_message = {f"message {name}": may for name, may in message["viewerCan"].items()}
    return {name for name, may in {**seen["viewerCan"], **of_message}.items() if may}


async def test_an_archived_announcement_keeps_its_authors_and_roles(account: Account) -> None:
    channel = await account.ana.create_channel("Avisos", "ANNOUNCEMENT")
    await account.ana.mutate("addChatAuthors", "channel { id }", channelId=channel, agentIds=["carla"])
    assert (await account.ana.read(channel, "viewerCan { manageAuthors }"))["viewerCan"] == {"manageAuthors": True}
    await account.ana.mutate("archiveChatChannel", CHANNEL, channelId=channel)
    before = await fingerprint(account)
    for name, input in (
        ("addChatAuthors", {"agentIds": ["bruno"]}),
        ("removeChatAuthor", {"agentId": "carla"}),
        ("changeChatMemberRole", {"agentId": "carla", "role": "ADMIN"}),
    ):
        selection = "member { role }" if "role" in input else "channel { id }"
        assert await account.ana.refusal(name, selection, channelId=channel, **input) == "ARCHIVED", name
    assert await fingerprint(account) == before
    assert (await account.ana.read(channel, "viewerCan { manageAuthors }"))["viewerCan"] == {"manageAuthors": False}


async def test_an_archived_channel_can_be_left(account: Account) -> None:
    channel = await _create_channel(account)
    await account.bruno.mutate("archiveChatChannel", CHANNEL, channelId=channel)
    await account.davi.mutate("leaveChatChannel", "channel { id }", channelId=channel)
    assert await _listed(account, archived=True) == set()


async def test_an_archived_channel_is_listed_only_on_request(account: Account) -> None:
    channel = await _create_channel(account)
    await account.davi.mutate("joinChatChannel", "channel { id }", channelId=await account.ana.create_channel("Aberto"))
    await account.bruno.mutate("archiveChatChannel", CHANNEL, channelId=channel)
    assert await _listed(account) == await _listed(account, archived=False) == {"Aberto"}
    assert await _listed(account, archived=True) == {"Vendas"}
    discovered = (await account.davi.query("{ discoverChatChannels { nodes { name } } }"))["discoverChatChannels"]
    assert {node["name"] for node in discovered["nodes"]} == {"Aberto", "Outra"}
    await account.bruno.mutate("unarchiveChatChannel", CHANNEL, channelId=channel)
    assert await _listed(account) == {"Aberto", "Vendas"}
    await account.davi.send(channel, "De volta")
    assert (await account.davi.system_events(channel))[-2:] == ["ARCHIVED", "UNARCHIVED"]
