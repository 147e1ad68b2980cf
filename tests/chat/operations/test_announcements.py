"""Announcements: every agent is a member, only authors post, and nobody can leave."""

from tests.support.api import Account, Json
from tests.support.fingerprint import fingerprint

CHANNEL = "channel { id memberCount }"


async def _announcement(account: Account) -> str:
    return await account.ana.create_channel("Avisos", "ANNOUNCEMENT")


async def _names(account: Account, channel: str, agents: str) -> list[str]:
    field = "members { nodes { agent { id } } }" if agents == "members" else "authors { nodes { id } }"
    nodes = (await account.ana.read(channel, field))[agents]["nodes"]
    return [node["agent"]["id"] if agents == "members" else node["id"] for node in nodes]


async def test_every_active_agent_is_a_member_and_its_creator_the_author(account: Account) -> None:
    channel = await _announcement(account)
    assert await _names(account, channel, "members") == ["ana", "bruno", "carla", "davi"]
    assert await _names(account, channel, "authors") == ["ana"]
    assert await account.bruno.system_events(channel) == ["CREATED"]
    await account.ana.send(channel, "Bem-vindos")
    assert (await account.bruno.read(channel, "unreadCount"))["unreadCount"] == 1


async def test_new_agents_become_members_without_a_system_message(account: Account) -> None:
    channel = await _announcement(account)
    await account.ana.send(channel, "Antes deles")
    await account.sync(agents=[{"id": "flora", "name": "Flora"}, {"id": "elisa", "name": "Elisa", "active": True}])
    assert await _names(account, channel, "members") == ["ana", "bruno", "carla", "davi", "elisa", "flora"]
    assert (await account.ana.read(channel, "memberCount"))["memberCount"] == 6
    for newcomer in (account.agent("flora"), account.elisa):
        assert await newcomer.system_events(channel) == ["CREATED"]
        assert (await newcomer.read(channel, "unreadCount"))["unreadCount"] == 0
    await account.ana.send(channel, "Olá")
    assert (await account.elisa.read(channel, "unreadCount"))["unreadCount"] == 1


async def test_only_authors_can_post_and_readers_can_react(account: Account) -> None:
    channel = await _announcement(account)
    message = await account.ana.send(channel, "Novidade")
    send: Json = {"channelId": channel, "body": "Eu também"}
    assert await account.bruno.refusal("sendChatMessage", "message { id }", **send) == "READ_ONLY"
    can = (await account.bruno.read(channel, "viewerCan { read post leave manageMembers manageAuthors }"))["viewerCan"]
    assert not any([can["post"], can["leave"], can["manageMembers"], can["manageAuthors"]])
    assert can["read"]
    reacted = await account.bruno.mutate(
        "addChatReaction", "message { reactions { count } }", messageId=message, emoji="🎉"
    )
    assert reacted["message"]["reactions"] == [{"count": 1}]

    await account.ana.mutate("addChatAuthors", CHANNEL, channelId=channel, agentIds=["bruno", "ana", "bruno"])
    assert await _names(account, channel, "authors") == ["ana", "bruno"]
    before = await fingerprint(account)
    await account.ana.mutate("addChatAuthors", CHANNEL, channelId=channel, agentIds=["bruno"])
    assert await fingerprint(account) == before
    await account.bruno.send(channel, "Agora eu")
    await account.ana.mutate("removeChatAuthor", CHANNEL, channelId=channel, agentId="bruno")
    assert await account.bruno.refusal("sendChatMessage", "message { id }", **send) == "READ_ONLY"
    assert await account.ana.refusal("removeChatAuthor", CHANNEL, channelId=channel, agentId="bruno") == "NOT_FOUND"
    assert await account.ana.refusal("addChatAuthors", CHANNEL, channelId=channel, agentIds=["elisa"]) == "NOT_FOUND"


async def test_a_former_author_cannot_edit(account: Account) -> None:
    channel = await _announcement(account)
    await account.ana.mutate("addChatAuthors", CHANNEL, channelId=channel, agentIds=["bruno"])
    edit: Json = {"messageId": await account.bruno.send(channel, "Como autor"), "body": "Ainda autor"}
    can = "query ($id: ID!) { chatMessage(id: $id) { viewerCan { edit delete react } } }"
    await account.bruno.mutate("editChatMessage", "message { id }", **edit)
    permissions = (await account.bruno.query(can, id=edit["messageId"]))["chatMessage"]["viewerCan"]
    assert permissions == {"edit": True, "delete": True, "react": True}

    await account.ana.mutate("removeChatAuthor", CHANNEL, channelId=channel, agentId="bruno")
    before = await fingerprint(account)
    edit["body"] = "Já não"
    assert await account.bruno.refusal("editChatMessage", "message { id }", **edit) == "READ_ONLY"
    assert await fingerprint(account) == before
    permissions = (await account.bruno.query(can, id=edit["messageId"]))["chatMessage"]["viewerCan"]
    assert permissions == {"edit": False, "delete": True, "react": True}
    await account.bruno.mutate("deleteChatMessage", "message { id }", messageId=edit["messageId"])


async def test_an_owner_who_is_not_an_author_can_manage_but_not_post(account: Account) -> None:
    channel = await _announcement(account)
    role: Json = {"channelId": channel, "agentId": "bruno", "role": "OWNER"}
    await account.ana.mutate("changeChatMemberRole", "member { role }", **role)
    send: Json = {"channelId": channel, "body": "?"}
    assert await account.bruno.refusal("sendChatMessage", "message { id }", **send) == "READ_ONLY"
    await account.bruno.mutate("addChatAuthors", CHANNEL, channelId=channel, agentIds=["bruno"])
    await account.bruno.send(channel, "Como autor")


async def test_members_can_neither_leave_nor_be_removed(account: Account) -> None:
    channel = await _announcement(account)
    before = await fingerprint(account)
    for agent in (account.ana, account.bruno):
        assert await agent.refusal("leaveChatChannel", CHANNEL, channelId=channel) == "FORBIDDEN"
    assert await account.ana.refusal("removeChatMember", CHANNEL, channelId=channel, agentId="bruno") == "FORBIDDEN"
    assert await account.ana.refusal("addChatMembers", CHANNEL, channelId=channel, agentIds=["bruno"]) == "FORBIDDEN"
    assert await fingerprint(account) == before
    muted = await account.bruno.mutate("updateChatMembership", "membership { muted }", channelId=channel, muted=True)
    assert muted["membership"] == {"muted": True}


async def test_authors_of_other_kinds_are_refused(account: Account) -> None:
    channel = await account.bruno.create_channel("Sala", memberIds=["carla"])
    assert await account.bruno.refusal("addChatAuthors", CHANNEL, channelId=channel, agentIds=["carla"]) == "FORBIDDEN"
    assert await _names(account, channel, "authors") == []
