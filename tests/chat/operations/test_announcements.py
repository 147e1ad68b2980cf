"""Announcements: everybody is in them, few speak, and nobody leaves."""

from tests.support.api import House, Json
from tests.support.fingerprint import fingerprint

CHANNEL = "channel { id memberCount }"


async def _announcement(house: House) -> str:
    return await house.ana.create_channel("Avisos", "ANNOUNCEMENT")


async def _names(house: House, channel: str, people: str) -> list[str]:
    field = "members { nodes { agent { id } } }" if people == "members" else "authors { nodes { id } }"
    nodes = (await house.ana.see(channel, field))[people]["nodes"]
    return [node["agent"]["id"] if people == "members" else node["id"] for node in nodes]


async def test_every_active_agent_is_a_member_and_its_creator_the_author(house: House) -> None:
    channel = await _announcement(house)
    assert await _names(house, channel, "members") == ["ana", "bruno", "carla", "davi"]
    assert await _names(house, channel, "authors") == ["ana"]
    assert await house.bruno.told(channel) == ["CREATED"]
    await house.ana.send(channel, "Bem-vindos")
    assert (await house.bruno.see(channel, "unreadCount"))["unreadCount"] == 1


async def test_newcomers_are_seated_without_a_word(house: House) -> None:
    channel = await _announcement(house)
    await house.ana.send(channel, "Antes deles")
    await house.sync(agents=[{"id": "flora", "name": "Flora"}, {"id": "elisa", "name": "Elisa", "active": True}])
    assert await _names(house, channel, "members") == ["ana", "bruno", "carla", "davi", "elisa", "flora"]
    assert (await house.ana.see(channel, "memberCount"))["memberCount"] == 6
    for newcomer in (house.person("flora"), house.elisa):
        assert await newcomer.told(channel) == ["CREATED"]
        assert (await newcomer.see(channel, "unreadCount"))["unreadCount"] == 0
    await house.ana.send(channel, "Olá")
    assert (await house.elisa.see(channel, "unreadCount"))["unreadCount"] == 1


async def test_only_authors_post_and_readers_react(house: House) -> None:
    channel = await _announcement(house)
    message = await house.ana.send(channel, "Novidade")
    send: Json = {"channelId": channel, "body": "Eu também"}
    assert await house.bruno.refusal("sendChatMessage", "message { id }", **send) == "READ_ONLY"
    can = (await house.bruno.see(channel, "viewerCan { read post leave manageMembers manageAuthors }"))["viewerCan"]
    assert not any([can["post"], can["leave"], can["manageMembers"], can["manageAuthors"]])
    assert can["read"]
    reacted = await house.bruno.mutate(
        "addChatReaction", "message { reactions { count } }", messageId=message, emoji="🎉"
    )
    assert reacted["message"]["reactions"] == [{"count": 1}]

    await house.ana.mutate("addChatAuthors", CHANNEL, channelId=channel, agentIds=["bruno", "ana", "bruno"])
    assert await _names(house, channel, "authors") == ["ana", "bruno"]
    before = await fingerprint(house)
    await house.ana.mutate("addChatAuthors", CHANNEL, channelId=channel, agentIds=["bruno"])
    assert await fingerprint(house) == before
    await house.bruno.send(channel, "Agora eu")
    await house.ana.mutate("removeChatAuthor", CHANNEL, channelId=channel, agentId="bruno")
    assert await house.bruno.refusal("sendChatMessage", "message { id }", **send) == "READ_ONLY"
    assert await house.ana.refusal("removeChatAuthor", CHANNEL, channelId=channel, agentId="bruno") == "NOT_FOUND"
    assert await house.ana.refusal("addChatAuthors", CHANNEL, channelId=channel, agentIds=["elisa"]) == "NOT_FOUND"


async def test_who_is_no_author_any_more_edits_nothing(house: House) -> None:
    channel = await _announcement(house)
    await house.ana.mutate("addChatAuthors", CHANNEL, channelId=channel, agentIds=["bruno"])
    edit: Json = {"messageId": await house.bruno.send(channel, "Como autor"), "body": "Ainda autor"}
    can = "query ($id: ID!) { chatMessage(id: $id) { viewerCan { edit delete react } } }"
    await house.bruno.mutate("editChatMessage", "message { id }", **edit)
    permissions = (await house.bruno.query(can, id=edit["messageId"]))["chatMessage"]["viewerCan"]
    assert permissions == {"edit": True, "delete": True, "react": True}

    await house.ana.mutate("removeChatAuthor", CHANNEL, channelId=channel, agentId="bruno")
    before = await fingerprint(house)
    edit["body"] = "Já não"
    assert await house.bruno.refusal("editChatMessage", "message { id }", **edit) == "READ_ONLY"
    assert await fingerprint(house) == before
    permissions = (await house.bruno.query(can, id=edit["messageId"]))["chatMessage"]["viewerCan"]
    assert permissions == {"edit": False, "delete": True, "react": True}
    await house.bruno.mutate("deleteChatMessage", "message { id }", messageId=edit["messageId"])


async def test_an_owner_who_is_no_author_manages_but_does_not_post(house: House) -> None:
    channel = await _announcement(house)
    role: Json = {"channelId": channel, "agentId": "bruno", "role": "OWNER"}
    await house.ana.mutate("changeChatMemberRole", "member { role }", **role)
    send: Json = {"channelId": channel, "body": "?"}
    assert await house.bruno.refusal("sendChatMessage", "message { id }", **send) == "READ_ONLY"
    await house.bruno.mutate("addChatAuthors", CHANNEL, channelId=channel, agentIds=["bruno"])
    await house.bruno.send(channel, "Como autor")


async def test_nobody_leaves_or_is_removed(house: House) -> None:
    channel = await _announcement(house)
    before = await fingerprint(house)
    for person in (house.ana, house.bruno):
        assert await person.refusal("leaveChatChannel", CHANNEL, channelId=channel) == "FORBIDDEN"
    assert await house.ana.refusal("removeChatMember", CHANNEL, channelId=channel, agentId="bruno") == "FORBIDDEN"
    assert await house.ana.refusal("addChatMembers", CHANNEL, channelId=channel, agentIds=["bruno"]) == "FORBIDDEN"
    assert await fingerprint(house) == before
    muted = await house.bruno.mutate("updateChatMembership", "membership { muted }", channelId=channel, muted=True)
    assert muted["membership"] == {"muted": True}


async def test_only_announcements_have_authors(house: House) -> None:
    channel = await house.bruno.create_channel("Sala", memberIds=["carla"])
    assert await house.bruno.refusal("addChatAuthors", CHANNEL, channelId=channel, agentIds=["carla"]) == "FORBIDDEN"
    assert await _names(house, channel, "authors") == []
