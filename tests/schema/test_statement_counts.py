"""The number of SQL statements of the most frequent requests is limited and does not grow with the amount of data."""

from typing import NamedTuple

from tests.support.api import Account, Api, Json

SIDEBAR_STATEMENTS = 5
PAGE_STATEMENTS = 9
SEND_STATEMENTS = 12

SIDEBAR = """{ chatChannels(first: 100) { nodes {
  id kind name directPeer { name } lastMessage { body author { name } } unreadCount unreadMentionCount
  avatar { __typename } viewerMembership { muted favourite notificationLevel }
} pageInfo { hasNextPage endCursor } } }"""

PAGE = """query ($id: ID!, $size: Int) { chatChannel(id: $id) { name messages(last: $size) { nodes {
  id seq body createdAt author { name avatarUrl }
  reactions { emoji count viewerReacted } mentions { target agent { name } reachable }
  attachments { id url thumbnailUrl } replyTo { body author { name } } systemEvent { kind agents { name } }
} pageInfo { hasPreviousPage startCursor } } } }"""

SEND = """mutation ($input: SendChatMessageInput!) { sendChatMessage(input: $input) {
  message { id seq body author { name } mentions { agent { name } } replyTo { id body } } userErrors { code }
} }"""


async def test_the_channel_list(api: Api) -> None:
    few, many = await _channel_list_of(api, 10), await _channel_list_of(api, 100)
    assert len(many) <= SIDEBAR_STATEMENTS, "\n\n".join(many)
    assert len(few) == len(many) > 0


async def test_a_page_of_messages(api: Api) -> None:
    few, many = await _page_of(api, 10), await _page_of(api, 50)
    assert len(many) <= PAGE_STATEMENTS, "\n\n".join(many)
    assert len(few) == len(many)


async def test_sending_a_message(api: Api) -> None:
    few, many = await _send_in_channel_of(api, 3), await _send_in_channel_of(api, 300)
    assert len(many) <= SEND_STATEMENTS, "\n\n".join(many)
    assert len(few) == len(many)


async def test_mentioning_a_team_and_everybody(api: Api) -> None:
    everybody = "[@Todos](mention://channel/all) [@Time](mention://team/all)"
    few, many = await _send_in_channel_of(api, 3, everybody), await _send_in_channel_of(api, 300, everybody)
    assert len(few) == len(many)


async def test_sending_and_deleting_attachments(api: Api) -> None:
    none, few, many = [await _send_and_delete(api, uploads) for uploads in (0, 1, 20)]
    # Their kinds are read, because the message is indexed with them when it is written, and then they are attached.
    assert len(many.sent) == len(few.sent) == len(none.sent) + 2
    assert len(many.deleted) == len(few.deleted) == len(none.deleted)


class Statements(NamedTuple):
    sent: list[str]
    deleted: list[str]


async def _send_and_delete(api: Api, uploads: int) -> Statements:
    bruno = (await api.create_account()).bruno
    channel, ids = await bruno.create_channel(), [await bruno.upload() for _ in range(uploads)]
    with api.statements() as sent:
        message = await bruno.send(channel, attachmentIds=ids)
    assert len(await bruno.attachments(message)) == uploads
    with api.statements() as deleted:
        await bruno.mutate("deleteChatMessage", "message { id }", messageId=message)
    assert await bruno.attachments(message) == []
    return Statements(sent, deleted)


async def _channel_list_of(api: Api, channels: int) -> list[str]:
    account = await api.create_account(extra_agents=channels // 2)
    bruno = account.bruno
    for number in range(channels // 2):
        channel = await bruno.create_channel(f"Sala {number}", memberIds=["carla"])
        await account.carla.send(channel, "Oi [@Bruno](mention://user/bruno/Bruno)")
        other = account.agent(f"extra-{number:04}")
        opened = await other.mutate("openDirectMessage", "channel { id }", agentId="bruno")
        await other.send(opened["channel"]["id"], "Olá")
    with api.statements() as sent:
        nodes = (await bruno.query(SIDEBAR))["chatChannels"]["nodes"]
    assert len(nodes) == channels
    assert {node["unreadCount"] for node in nodes} == {1}
    assert sum(node["unreadMentionCount"] for node in nodes) == channels // 2
    assert sum(node["directPeer"] is not None for node in nodes) == channels // 2
    assert {node["lastMessage"]["author"]["name"][:5] for node in nodes} == {"Carla", "Extra"}
    return sent


async def _page_of(api: Api, messages: int) -> list[str]:
    account = await api.create_account(extra_agents=messages)
    agents = [account.agent(f"extra-{number:04}") for number in range(messages)]
    channel = await account.bruno.create_channel("Sala", memberIds=[agent.id for agent in agents])
    first = await account.bruno.send(channel, "Começo")
    for agent in agents:
        body = f"[@Eu](mention://user/{agent.id}/Eu) e [@Ana](mention://user/ana/Ana)"
        id = await agent.send(channel, body, replyToId=first, attachmentIds=[await agent.upload()])
        await agent.mutate("addChatReaction", "message { id }", messageId=id, emoji="👍")
    with api.statements() as sent:
        page = (await account.bruno.query(PAGE, id=channel, size=messages))["chatChannel"]["messages"]["nodes"]
    answered = [
        node
        for node in page
        if node["replyTo"] and len(node["mentions"]) == 2 and node["reactions"] and node["attachments"]
    ]
    assert len(answered) == messages
    return sent


async def _send_in_channel_of(
    api: Api, members: int, mention: str = "[@Carla](mention://user/carla/Carla)"
) -> list[str]:
    account = await api.create_account(extra_agents=members - 2)
    extras = [f"extra-{number:04}" for number in range(members - 2)]
    await account.sync(teams=[{"id": "all", "name": "Time", "agentIds": extras}])
    channel = await account.bruno.create_channel("Sala", memberIds=["carla", *extras])
    first = await account.carla.send(channel, "Bom dia")
    with api.statements() as sent:
        payload = await _send(account, channel, f"Olá {mention}", first)
    assert payload["mentions"]
    assert payload["replyTo"]["body"] == "Bom dia"
    assert (await account.bruno.read(channel, "memberCount"))["memberCount"] == members
    return sent


async def _send(account: Account, channel: str, body: str, reply_to: str) -> Json:
    input = {"channelId": channel, "body": body, "replyToId": reply_to, "clientKey": "once"}
    payload = (await account.bruno.query(SEND, input=input))["sendChatMessage"]
    assert payload["userErrors"] == []
    message: Json = payload["message"]
    return message
