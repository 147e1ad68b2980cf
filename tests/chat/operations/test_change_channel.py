"""Changing a channel: its name and the like, who finds it, and archiving it."""

from tests.support.api import House, Json, Person
from tests.support.fingerprint import fingerprint

CHANNEL = "channel { id kind name description avatar { ... on ChatIconAvatar { icon color } } archivedAt }"
TOLD = "lastMessage { author { id } systemEvent { kind before after } }"


async def _room(house: House, kind: str = "PUBLIC") -> str:
    """Bruno owns it, Carla is its admin, Davi a member."""
    await house.bruno.create_channel("Outra")
    channel = await house.bruno.create_channel("Vendas", kind, memberIds=["carla", "davi"])
    role: Json = {"channelId": channel, "agentId": "carla", "role": "ADMIN"}
    await house.bruno.mutate("changeChatMemberRole", "member { role }", **role)
    return channel


async def _listed(house: House, **arguments: bool) -> set[str]:
    query = "query ($archived: Boolean) { chatChannels(archived: $archived) { nodes { name } } }"
    return {node["name"] for node in (await house.davi.query(query, **arguments))["chatChannels"]["nodes"]}


async def test_each_change_is_told_with_what_stood_before(house: House) -> None:
    channel = await _room(house)
    await house.carla.mutate("updateChatChannel", CHANNEL, channelId=channel, name=" Vendas BR ")
    assert (await house.davi.see(channel, TOLD))["lastMessage"] == {
        "author": {"id": "carla"},
        "systemEvent": {"kind": "RENAMED", "before": "Vendas", "after": "Vendas BR"},
    }
    await house.bruno.mutate("updateChatChannel", CHANNEL, channelId=channel, description="Tudo")
    assert (await house.davi.see(channel, TOLD))["lastMessage"]["systemEvent"] == {
        "kind": "DESCRIBED",
        "before": None,
        "after": "Tudo",
    }
    look = {"icon": {"icon": "star", "color": "#112233"}}
    changed = await house.bruno.mutate("updateChatChannel", CHANNEL, channelId=channel, avatar=look)
    assert changed["channel"]["avatar"] == look["icon"]
    cleared = await house.bruno.mutate("updateChatChannel", CHANNEL, channelId=channel, avatar=None, description=None)
    assert (cleared["channel"]["avatar"], cleared["channel"]["description"]) == (None, None)
    assert cleared["channel"]["name"] == "Vendas BR"


async def test_what_stands_already_is_told_to_nobody(house: House) -> None:
    channel = await _room(house)
    same: Json = {"channelId": channel, "name": "Vendas", "description": " ", "kind": "PUBLIC", "avatar": None}
    before = await fingerprint(house)
    await house.bruno.mutate("updateChatChannel", CHANNEL, **same)
    assert await fingerprint(house) == before


async def test_a_change_that_fails_in_part_changes_nothing(house: House) -> None:
    channel = await _room(house)
    before = await fingerprint(house)
    wrong: list[tuple[Json, str]] = [
        ({"kind": "ANNOUNCEMENT"}, "INVALID"),
        ({"kind": "DIRECT"}, "INVALID"),
        ({"kind": "PRIVATE"}, "FORBIDDEN"),
        ({"description": "d" * 1001}, "INVALID"),
        ({"avatar": {"icon": {"icon": "star", "color": "blue"}}}, "INVALID"),
        ({"kind": None}, "INVALID"),
    ]
    for part, code in wrong:
        refused = await house.carla.refusal("updateChatChannel", CHANNEL, channelId=channel, **{"name": "Novo", **part})
        assert refused == code, part
    assert await house.carla.refusal("updateChatChannel", CHANNEL, channelId=channel, name=None) == "INVALID"
    assert await fingerprint(house) == before


async def test_owners_and_administrators_open_and_close_a_channel(house: House) -> None:
    channel = await _room(house)
    opened = {"PRIVATE": house.bruno, "PUBLIC": house.ana}
    for kind, person in opened.items():
        for refused in (house.carla, house.davi):
            answer = await refused.refusal("updateChatChannel", CHANNEL, channelId=channel, kind=kind)
            assert answer == "FORBIDDEN"
        changed = await person.mutate("updateChatChannel", CHANNEL, channelId=channel, kind=kind)
        assert changed["channel"]["kind"] == kind
        before = "PUBLIC" if kind == "PRIVATE" else "PRIVATE"
        event = {"kind": "KIND_CHANGED", "before": before, "after": kind}
        assert (await house.davi.see(channel, TOLD))["lastMessage"]["systemEvent"] == event


async def test_who_may_not_create_private_channels_makes_none_private(house: House) -> None:
    channel = await house.bruno.create_channel("Vendas")
    await house.bruno.mutate("updateChatChannel", CHANNEL, channelId=channel, kind="PRIVATE")
    await house.ana.mutate("updateChatAccountSettings", "settings { chatEnabled }", whoCreatesPrivate="ADMINISTRATORS")
    # What is private may be opened, and then only an administrator closes it.
    await house.bruno.mutate("updateChatChannel", CHANNEL, channelId=channel, kind="PUBLIC")
    before = await fingerprint(house)
    refused = await house.bruno.payload("updateChatChannel", CHANNEL, channelId=channel, kind="PRIVATE", name="Novo")
    assert [(error["code"], error["path"]) for error in refused["userErrors"]] == [("FORBIDDEN", ["kind"])]
    assert await fingerprint(house) == before
    await house.ana.mutate("updateChatChannel", CHANNEL, channelId=channel, kind="PRIVATE")


async def test_a_channel_made_private_is_gone_for_who_is_no_member(house: House) -> None:
    channel = await house.bruno.create_channel("Vendas", memberIds=["carla"])
    message = await house.bruno.send(channel, "Aberto")
    find = "query ($id: ID!) { chatMessage(id: $id) { body } }"
    assert await house.davi.bodies(channel) == ["Aberto"]
    await house.bruno.mutate("updateChatChannel", CHANNEL, channelId=channel, kind="PRIVATE")
    assert await house.davi.channel(channel) is None
    assert (await house.davi.query(find, id=message))["chatMessage"] is None
    assert (await house.davi.query("{ discoverChatChannels { nodes { id } } }"))["discoverChatChannels"]["nodes"] == []
    assert await house.carla.bodies(channel) == ["Aberto"]


async def test_an_archived_channel_is_only_read(house: House) -> None:
    """What `viewerCan` shows is what the mutations say, before it is archived and after."""
    channel = await _room(house)
    message = await house.davi.send(channel, "Antes")
    can = """viewerCan { read post join leave manageMembers manageAuthors edit archive }
             messages(last: 1) { nodes { viewerCan { edit delete react } } }"""
    assert await _permitted(house.bruno, channel, can) == {
        *("read", "post", "leave", "manageMembers", "edit", "archive"),
        *("message delete", "message react"),
    }
    assert await _permitted(house.davi, channel, can) == {
        *("read", "post", "leave", "message edit", "message delete", "message react")
    }
    await house.davi.mutate("addChatReaction", "message { id }", messageId=message, emoji="🎉")
    archived = await house.carla.mutate("archiveChatChannel", CHANNEL, channelId=channel)
    assert archived["channel"]["archivedAt"] is not None
    before = await fingerprint(house)
    again = await house.bruno.mutate("archiveChatChannel", CHANNEL, channelId=channel)
    assert again["channel"]["archivedAt"] == archived["channel"]["archivedAt"]
    said: list[tuple[str, Json]] = [
        ("sendChatMessage", {"channelId": channel, "body": "?"}),
        ("editChatMessage", {"messageId": message, "body": "?"}),
        ("deleteChatMessage", {"messageId": message}),
        ("addChatReaction", {"messageId": message, "emoji": "👍"}),
        ("removeChatReaction", {"messageId": message, "emoji": "🎉"}),
    ]
    for name, input in said:
        assert await house.davi.refusal(name, "message { id }", **input) == "ARCHIVED", name
    assert await house.ana.refusal("joinChatChannel", "channel { id }", channelId=channel) == "ARCHIVED"
    changes: list[tuple[str, Json]] = [
        ("updateChatChannel", {"name": "Outro"}),
        ("updateChatChannel", {"kind": "PRIVATE"}),
        ("addChatMembers", {"agentIds": ["ana"]}),
        ("removeChatMember", {"agentId": "davi"}),
        ("changeChatMemberRole", {"agentId": "davi", "role": "ADMIN"}),
    ]
    for person in (house.bruno, house.ana):
        for name, input in changes:
            selection = "member { role }" if "role" in input else "channel { id }"
            assert await person.refusal(name, selection, channelId=channel, **input) == "ARCHIVED", name
    assert await fingerprint(house) == before
    assert await house.davi.bodies(channel) == ["Antes"]
    assert await _permitted(house.bruno, channel, can) == {"read", "leave", "archive"}
    assert await _permitted(house.davi, channel, can) == {"read", "leave"}
    assert await _permitted(house.ana, channel, can) == {"read", "archive"}


async def _permitted(person: Person, channel: str, selection: str) -> set[str]:
    seen = await person.see(channel, selection)
    (message,) = seen["messages"]["nodes"]
    of_message = {f"message {name}": may for name, may in message["viewerCan"].items()}
    return {name for name, may in {**seen["viewerCan"], **of_message}.items() if may}


async def test_an_archived_announcement_keeps_its_authors_and_roles(house: House) -> None:
    channel = await house.ana.create_channel("Avisos", "ANNOUNCEMENT")
    await house.ana.mutate("addChatAuthors", "channel { id }", channelId=channel, agentIds=["carla"])
    assert (await house.ana.see(channel, "viewerCan { manageAuthors }"))["viewerCan"] == {"manageAuthors": True}
    await house.ana.mutate("archiveChatChannel", CHANNEL, channelId=channel)
    before = await fingerprint(house)
    for name, input in (
        ("addChatAuthors", {"agentIds": ["bruno"]}),
        ("removeChatAuthor", {"agentId": "carla"}),
        ("changeChatMemberRole", {"agentId": "carla", "role": "ADMIN"}),
    ):
        selection = "member { role }" if "role" in input else "channel { id }"
        assert await house.ana.refusal(name, selection, channelId=channel, **input) == "ARCHIVED", name
    assert await fingerprint(house) == before
    assert (await house.ana.see(channel, "viewerCan { manageAuthors }"))["viewerCan"] == {"manageAuthors": False}


async def test_an_archived_channel_can_be_left(house: House) -> None:
    channel = await _room(house)
    await house.bruno.mutate("archiveChatChannel", CHANNEL, channelId=channel)
    await house.davi.mutate("leaveChatChannel", "channel { id }", channelId=channel)
    assert await _listed(house, archived=True) == set()


async def test_an_archived_channel_is_listed_only_when_asked_for(house: House) -> None:
    channel = await _room(house)
    await house.davi.mutate("joinChatChannel", "channel { id }", channelId=await house.ana.create_channel("Aberto"))
    await house.bruno.mutate("archiveChatChannel", CHANNEL, channelId=channel)
    assert await _listed(house) == await _listed(house, archived=False) == {"Aberto"}
    assert await _listed(house, archived=True) == {"Vendas"}
    discovered = (await house.davi.query("{ discoverChatChannels { nodes { name } } }"))["discoverChatChannels"]
    assert {node["name"] for node in discovered["nodes"]} == {"Aberto", "Outra"}
    await house.bruno.mutate("unarchiveChatChannel", CHANNEL, channelId=channel)
    assert await _listed(house) == {"Aberto", "Vendas"}
    await house.davi.send(channel, "De volta")
    assert (await house.davi.told(channel))[-2:] == ["ARCHIVED", "UNARCHIVED"]
