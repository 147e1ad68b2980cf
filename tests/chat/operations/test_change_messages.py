"""The text of a message, and editing and deleting it."""

import json

import pytest

from models.enums import ItemKind
from tests.support.api import Account, AgentClient, Json, Response
from tests.support.fingerprint import fingerprint
from tests.support.sockets import open_socket

CHANGED = """subscription ($channel: ID!, $since: String) {
  chatChannelChanged(channelId: $channel, since: $since) { change message { id } }
}"""
MESSAGE = "message { id body editedAt deletedAt mentions { agent { id } } reactions { emoji } }"


async def _create_channel(account: Account) -> str:
    """Returns a channel with bruno as owner, carla as admin and davi as member."""
    channel = await account.bruno.create_channel("Sala", memberIds=["carla", "davi"])
    role: Json = {"channelId": channel, "agentId": "carla", "role": "ADMIN"}
    await account.bruno.mutate("changeChatMemberRole", "member { role }", **role)
    return channel


@pytest.mark.parametrize(
    "body",
    [
        *("a", "a" * 20_000, " com espaço ", "# Título\n\n**negrito**", "👩‍👩‍👧‍👦", "<b>&amp;"),
        *("\u2764\ufe0f", "1\ufe0f\u20e3", "\u202bשלום\u202c", "\u200b\nOi\t", "\u0e01\u0e33", "\U0001fae8", "."),
    ],
)
async def test_a_text_is_stored_unchanged(account: Account, body: str) -> None:
    channel = await account.bruno.create_channel()
    await account.bruno.send(channel, body)
    assert await account.bruno.bodies(channel) == [body]


@pytest.mark.parametrize(
    "body",
    [
        *("", " \n\t ", "a" * 20_001, "a\x00b"),
        # No visible character: zero-width spaces, joiners, directions, tags, controls, fillers, a lone accent.
        *(
            "\u200b",
            "\u200d\u2060",
            "\u202e",
            "\U000e0061",
            "\x07",
            "\u3164",
            "\u115f\u1160 \uffa0",
            "\u2800",
            "\ufe0f",
        ),
    ],
)
async def test_a_text_without_visible_characters_is_refused(account: Account, body: str) -> None:
    channel = await account.bruno.create_channel()
    message = await account.bruno.send(channel, "Certo")
    before = await fingerprint(account)
    assert await account.bruno.refusal("sendChatMessage", MESSAGE, channelId=channel, body=body) == "INVALID"
    assert await account.bruno.refusal("editChatMessage", MESSAGE, messageId=message, body=body) == "INVALID"
    assert await fingerprint(account) == before


async def test_the_text_beside_a_card_can_be_removed(account: Account) -> None:
    channel = await account.bruno.create_channel()
    account.add_item(ItemKind.DEAL, "1")
    share: Json = {"cards": [{"kind": "DEAL", "id": "1"}]}
    message = await account.bruno.send(channel, "Vejam, [@Ana](mention://user/ana/Ana)", **share)
    edited = await account.bruno.mutate("editChatMessage", MESSAGE, messageId=message, body="")
    assert (edited["message"]["body"], edited["message"]["mentions"]) == ("", [])
    await account.bruno.mutate("editChatMessage", MESSAGE, messageId=message, body="De novo")
    before = await fingerprint(account)
    for body in ("a" * 20_001, "a\x00b", " " * 20_001):
        assert await account.bruno.refusal("editChatMessage", MESSAGE, messageId=message, body=body) == "INVALID"
        send: Json = {"channelId": channel, "body": body, **share}
        assert await account.bruno.refusal("sendChatMessage", MESSAGE, **send) == "INVALID"
    assert await fingerprint(account) == before


async def test_half_a_surrogate_pair_is_refused_as_malformed_json(account: Account) -> None:
    """JSON can escape half a surrogate pair, but UTF-8 cannot encode it. The request is rejected as a whole."""
    channel = await account.bruno.create_channel()
    query = "mutation ($input: SendChatMessageInput!) { sendChatMessage(input: $input) { userErrors { code path } } }"
    before = await fingerprint(account)
    for input in ({"body": "\ud83d"}, {"body": "Oi", "clientKey": "\ud83d"}):
        content = json.dumps({"query": query, "variables": {"input": {"channelId": channel, **input}}})
        headers = {"authorization": f"Bearer {account.bruno.token}", "content-type": "application/json"}
        answer = Response((await account.bruno.http.post("/graphql", content=content, headers=headers)).json())
        assert answer.code == "BAD_USER_INPUT"
    assert await fingerprint(account) == before


async def test_only_its_author_can_edit_a_message(account: Account) -> None:
    channel = await _create_channel(account)
    message = await account.davi.send(channel, "Oi")
    for agent in (account.bruno, account.carla):
        assert await agent.refusal("editChatMessage", MESSAGE, messageId=message, body="Não") == "FORBIDDEN"
    before = await fingerprint(account)
    same = await account.davi.mutate("editChatMessage", MESSAGE, messageId=message, body="Oi")
    assert same["message"]["editedAt"] is None
    assert await fingerprint(account) == before
    edited = await account.davi.mutate("editChatMessage", MESSAGE, messageId=message, body="Olá")
    assert edited["message"]["body"] == "Olá"
    assert edited["message"]["editedAt"] is not None
    await account.davi.mutate("leaveChatChannel", "channel { id }", channelId=channel)
    assert await account.davi.refusal("editChatMessage", MESSAGE, messageId=message, body="Fora") == "NOT_A_MEMBER"


async def test_a_deleted_message_leaves_a_tombstone(account: Account) -> None:
    channel = await _create_channel(account)
    message = await account.davi.send(channel, "Oi [@Carla](mention://user/carla/Carla)")
    await account.carla.mutate("addChatReaction", MESSAGE, messageId=message, emoji="👍")
    reply = await account.bruno.send(channel, "Sim", replyToId=message)
    deleted = (await account.davi.mutate("deleteChatMessage", MESSAGE, messageId=message))["message"]
    assert (deleted["body"], deleted["mentions"], deleted["reactions"]) == ("", [], [])
    assert deleted["deletedAt"] is not None
    before = await fingerprint(account)
    again = (await account.davi.mutate("deleteChatMessage", MESSAGE, messageId=message))["message"]
    assert again["deletedAt"] == deleted["deletedAt"]
    assert await fingerprint(account) == before
    find = "query ($id: ID!) { chatMessage(id: $id) { body replyTo { id body deletedAt } } }"
    answered = (await account.carla.query(find, id=reply))["chatMessage"]
    assert answered["replyTo"] == {"id": message, "body": "", "deletedAt": deleted["deletedAt"]}
    refused: list[tuple[str, Json, str]] = [
        ("editChatMessage", {"messageId": message, "body": "De volta"}, "messageId"),
        ("addChatReaction", {"messageId": message, "emoji": "👍"}, "messageId"),
        ("removeChatReaction", {"messageId": message, "emoji": "👍"}, "messageId"),
        ("sendChatMessage", {"channelId": channel, "body": "Tarde", "replyToId": message}, "replyToId"),
    ]
    for name, input, path in refused:
        payload = await account.davi.payload(name, MESSAGE, **input)
        assert payload["message"] is None
        assert [(error["code"], error["path"]) for error in payload["userErrors"]] == [("NOT_FOUND", [path])], name
    assert await fingerprint(account) == before
    async with account.api.engine.connect() as connection:
        rows = await connection.exec_driver_sql(
            "SELECT body FROM messages WHERE account_id = $1 AND deleted_at IS NOT NULL", (account.account_id,)
        )
        assert rows.scalars().all() == [""]


async def test_repeating_a_reply_with_its_client_key_succeeds_after_the_message_is_deleted(account: Account) -> None:
    channel = await _create_channel(account)
    message = await account.davi.send(channel)
    reply: Json = {"channel_id": channel, "body": "Sim", "replyToId": message, "clientKey": "reply"}
    first = await account.bruno.send(**reply)
    await account.davi.mutate("deleteChatMessage", MESSAGE, messageId=message)
    assert await account.bruno.send(**reply) == first


async def test_owners_admins_and_administrators_can_delete_messages_of_others(account: Account) -> None:
    channel = await _create_channel(account)
    of_davi, of_bruno = await account.davi.send(channel), await account.bruno.send(channel)
    assert await account.davi.refusal("deleteChatMessage", MESSAGE, messageId=of_bruno) == "FORBIDDEN"
    can = "query ($id: ID!) { chatMessage(id: $id) { viewerCan { edit delete react } } }"
    permissions = (await account.carla.query(can, id=of_davi))["chatMessage"]["viewerCan"]
    assert permissions == {"edit": False, "delete": True, "react": True}
    await account.carla.mutate("deleteChatMessage", MESSAGE, messageId=of_davi)
    # The channel is public, so the administrator of the account can read it.
    await account.ana.mutate("deleteChatMessage", MESSAGE, messageId=of_bruno)
    assert await account.bruno.bodies(channel) == ["", ""]


async def test_in_a_direct_message_only_the_author_deletes(account: Account, socket_url: str) -> None:
    """Not even an administrator of the account, who may delete the messages of others everywhere else."""
    channel = await _open_direct_message(account)
    of_ana, of_bruno = await account.ana.send(channel, "Apago"), await account.bruno.send(channel, "Fica")
    assert await _permissions(account.ana, of_ana) == {"edit": True, "delete": True}
    await account.ana.mutate("deleteChatMessage", MESSAGE, messageId=of_ana)
    async with open_socket(socket_url, account.bruno.token) as socket:
        stream = await socket.subscribe(CHANGED, channel=channel, since=await account.bruno.position(channel))
        before = await fingerprint(account, "presences")
        assert await account.ana.refusal("deleteChatMessage", MESSAGE, messageId=of_bruno) == "FORBIDDEN"
        assert await account.bruno.refusal("deleteChatMessage", MESSAGE, messageId=of_ana) == "FORBIDDEN"
        assert await fingerprint(account, "presences") == before
        assert await _permissions(account.ana, of_bruno) == {"edit": False, "delete": False}
        await account.bruno.mutate("deleteChatMessage", MESSAGE, messageId=of_bruno)
        assert await stream.data() == {"change": "MESSAGE_DELETED", "message": {"id": of_bruno}}


async def test_a_message_to_a_deactivated_peer_can_be_deleted_but_not_edited(account: Account, socket_url: str) -> None:
    channel = await _open_direct_message(account)
    message = await account.ana.send(channel, "Oi")
    edit: Json = {"messageId": message, "body": "Olá"}
    await account.ana.mutate("editChatMessage", MESSAGE, **edit)
    await account.sync(agents=[{"id": "bruno", "name": "Bruno", "active": False}])
    async with open_socket(socket_url, account.ana.token) as socket:
        stream = await socket.subscribe(CHANGED, channel=channel, since=await account.ana.position(channel))
        before = await fingerprint(account, "presences")
        for body in ("Olá", "De novo"):
            assert await account.ana.refusal("editChatMessage", MESSAGE, **{**edit, "body": body}) == "READ_ONLY"
        assert await fingerprint(account, "presences") == before
        assert await _permissions(account.ana, message) == {"edit": False, "delete": True}
        await account.ana.mutate("deleteChatMessage", MESSAGE, messageId=message)
        assert await stream.data() == {"change": "MESSAGE_DELETED", "message": {"id": message}}


async def _open_direct_message(account: Account) -> str:
    """Returns the direct message of ana, an administrator, and bruno."""
    opened = await account.ana.mutate("openDirectMessage", "channel { id }", agentId="bruno")
    channel: str = opened["channel"]["id"]
    return channel


async def _permissions(agent: AgentClient, message: str) -> Json:
    query = "query ($id: ID!) { chatMessage(id: $id) { viewerCan { edit delete } } }"
    permissions: Json = (await agent.query(query, id=message))["chatMessage"]["viewerCan"]
    return permissions


async def test_system_messages_can_be_neither_edited_nor_deleted(account: Account) -> None:
    channel = await _create_channel(account)
    created = (await account.bruno.read(channel, "messages(first: 1) { nodes { id } }"))["messages"]["nodes"][0]["id"]
    assert await account.bruno.refusal("editChatMessage", MESSAGE, messageId=created, body="Eu") == "FORBIDDEN"
    assert await account.bruno.refusal("deleteChatMessage", MESSAGE, messageId=created) == "FORBIDDEN"


async def test_a_reply_to_a_message_of_another_channel_is_refused(account: Account) -> None:
    channel, other = await _create_channel(account), await account.bruno.create_channel("Outra")
    elsewhere, here = await account.bruno.send(other), await account.bruno.send(channel, "Pergunta")
    send: Json = {"channelId": channel, "body": "Resposta", "replyToId": elsewhere}
    assert await account.bruno.refusal("sendChatMessage", MESSAGE, **send) == "NOT_FOUND"
    send["replyToId"] = here
    sent = await account.davi.mutate("sendChatMessage", "message { replyTo { id body author { id } } }", **send)
    assert sent["message"]["replyTo"] == {"id": here, "body": "Pergunta", "author": {"id": "bruno"}}
