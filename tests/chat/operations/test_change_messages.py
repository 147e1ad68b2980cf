"""What a message may be, and how it is changed and taken back."""

import json

import pytest

from models.enums import ItemKind
from tests.support.api import Answer, House, Json
from tests.support.fingerprint import fingerprint

MESSAGE = "message { id body editedAt deletedAt mentions { agent { id } } reactions { emoji } }"


async def _room(house: House) -> str:
    """Bruno owns it, Carla is its admin, Davi a member."""
    channel = await house.bruno.create_channel("Sala", memberIds=["carla", "davi"])
    role: Json = {"channelId": channel, "agentId": "carla", "role": "ADMIN"}
    await house.bruno.mutate("changeChatMemberRole", "member { role }", **role)
    return channel


@pytest.mark.parametrize(
    "body",
    [
        *("a", "a" * 20_000, " com espaço ", "# Título\n\n**negrito**", "👩‍👩‍👧‍👦", "<b>&amp;"),
        *("\u2764\ufe0f", "1\ufe0f\u20e3", "\u202bשלום\u202c", "\u200b\nOi\t", "\u0e01\u0e33", "\U0001fae8", "."),
    ],
)
async def test_a_text_is_kept_as_it_was_written(house: House, body: str) -> None:
    channel = await house.bruno.create_channel()
    await house.bruno.send(channel, body)
    assert await house.bruno.bodies(channel) == [body]


@pytest.mark.parametrize(
    "body",
    [
        *("", " \n\t ", "a" * 20_001, "a\x00b"),
        # Nothing to see: spaces without width, joiners, a direction, a tag, control characters, fillers, a lone accent.
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
async def test_what_is_no_text_is_refused(house: House, body: str) -> None:
    channel = await house.bruno.create_channel()
    message = await house.bruno.send(channel, "Certo")
    before = await fingerprint(house)
    assert await house.bruno.refusal("sendChatMessage", MESSAGE, channelId=channel, body=body) == "INVALID"
    assert await house.bruno.refusal("editChatMessage", MESSAGE, messageId=message, body=body) == "INVALID"
    assert await fingerprint(house) == before


async def test_the_text_beside_a_card_can_be_taken_away(house: House) -> None:
    channel = await house.bruno.create_channel()
    await house.own_item(ItemKind.DEAL, "1")
    share: Json = {"cards": [{"kind": "DEAL", "id": "1"}]}
    message = await house.bruno.send(channel, "Vejam, [@Ana](mention://user/ana/Ana)", **share)
    edited = await house.bruno.mutate("editChatMessage", MESSAGE, messageId=message, body="")
    assert (edited["message"]["body"], edited["message"]["mentions"]) == ("", [])
    await house.bruno.mutate("editChatMessage", MESSAGE, messageId=message, body="De novo")
    before = await fingerprint(house)
    for body in ("a" * 20_001, "a\x00b", " " * 20_001):
        assert await house.bruno.refusal("editChatMessage", MESSAGE, messageId=message, body=body) == "INVALID"
        send: Json = {"channelId": channel, "body": body, **share}
        assert await house.bruno.refusal("sendChatMessage", MESSAGE, **send) == "INVALID"
    assert await fingerprint(house) == before


async def test_half_a_surrogate_pair_is_refused(house: House) -> None:
    """JSON can write one, and UTF-8 cannot: so it comes as JSON's escape, and is no request at all."""
    channel = await house.bruno.create_channel()
    query = "mutation ($input: SendChatMessageInput!) { sendChatMessage(input: $input) { userErrors { code path } } }"
    before = await fingerprint(house)
    for input in ({"body": "\ud83d"}, {"body": "Oi", "clientKey": "\ud83d"}):
        content = json.dumps({"query": query, "variables": {"input": {"channelId": channel, **input}}})
        headers = {"authorization": f"Bearer {house.bruno.token}", "content-type": "application/json"}
        answer = Answer((await house.bruno.http.post("/graphql", content=content, headers=headers)).json())
        assert answer.code == "BAD_USER_INPUT"
    assert await fingerprint(house) == before


async def test_only_its_author_edits_a_message(house: House) -> None:
    channel = await _room(house)
    message = await house.davi.send(channel, "Oi")
    for person in (house.bruno, house.carla):
        assert await person.refusal("editChatMessage", MESSAGE, messageId=message, body="Não") == "FORBIDDEN"
    before = await fingerprint(house)
    same = await house.davi.mutate("editChatMessage", MESSAGE, messageId=message, body="Oi")
    assert same["message"]["editedAt"] is None
    assert await fingerprint(house) == before
    edited = await house.davi.mutate("editChatMessage", MESSAGE, messageId=message, body="Olá")
    assert edited["message"]["body"] == "Olá"
    assert edited["message"]["editedAt"] is not None
    await house.davi.mutate("leaveChatChannel", "channel { id }", channelId=channel)
    assert await house.davi.refusal("editChatMessage", MESSAGE, messageId=message, body="Fora") == "NOT_A_MEMBER"


async def test_a_deleted_message_leaves_a_tombstone(house: House) -> None:
    channel = await _room(house)
    message = await house.davi.send(channel, "Oi [@Carla](mention://user/carla/Carla)")
    await house.carla.mutate("addChatReaction", MESSAGE, messageId=message, emoji="👍")
    reply = await house.bruno.send(channel, "Sim", replyToId=message)
    deleted = (await house.davi.mutate("deleteChatMessage", MESSAGE, messageId=message))["message"]
    assert (deleted["body"], deleted["mentions"], deleted["reactions"]) == ("", [], [])
    assert deleted["deletedAt"] is not None
    before = await fingerprint(house)
    again = (await house.davi.mutate("deleteChatMessage", MESSAGE, messageId=message))["message"]
    assert again["deletedAt"] == deleted["deletedAt"]
    assert await fingerprint(house) == before
    find = "query ($id: ID!) { chatMessage(id: $id) { body replyTo { id body deletedAt } } }"
    answered = (await house.carla.query(find, id=reply))["chatMessage"]
    assert answered["replyTo"] == {"id": message, "body": "", "deletedAt": deleted["deletedAt"]}
    for name, input in (
        ("editChatMessage", {"body": "De volta"}),
        ("addChatReaction", {"emoji": "👍"}),
        ("removeChatReaction", {"emoji": "👍"}),
    ):
        assert await house.davi.refusal(name, MESSAGE, messageId=message, **input) == "NOT_FOUND", name
    async with house.api.engine.connect() as connection:
        rows = await connection.exec_driver_sql(
            "SELECT body FROM messages WHERE account_id = $1 AND deleted_at IS NOT NULL", (house.account_id,)
        )
        assert rows.scalars().all() == [""]


async def test_moderators_delete_what_others_said(house: House) -> None:
    channel = await _room(house)
    of_davi, of_bruno = await house.davi.send(channel), await house.bruno.send(channel)
    assert await house.davi.refusal("deleteChatMessage", MESSAGE, messageId=of_bruno) == "FORBIDDEN"
    can = "query ($id: ID!) { chatMessage(id: $id) { viewerCan { edit delete react } } }"
    permissions = (await house.carla.query(can, id=of_davi))["chatMessage"]["viewerCan"]
    assert permissions == {"edit": False, "delete": True, "react": True}
    await house.carla.mutate("deleteChatMessage", MESSAGE, messageId=of_davi)
    # The channel is public, so the account's administrator reads it.
    await house.ana.mutate("deleteChatMessage", MESSAGE, messageId=of_bruno)
    assert await house.bruno.bodies(channel) == ["", ""]


async def test_what_the_chat_tells_is_nobodys_to_change(house: House) -> None:
    channel = await _room(house)
    created = (await house.bruno.see(channel, "messages(first: 1) { nodes { id } }"))["messages"]["nodes"][0]["id"]
    assert await house.bruno.refusal("editChatMessage", MESSAGE, messageId=created, body="Eu") == "FORBIDDEN"
    assert await house.bruno.refusal("deleteChatMessage", MESSAGE, messageId=created) == "FORBIDDEN"


async def test_replies_stay_within_their_channel(house: House) -> None:
    channel, other = await _room(house), await house.bruno.create_channel("Outra")
    elsewhere, here = await house.bruno.send(other), await house.bruno.send(channel, "Pergunta")
    send: Json = {"channelId": channel, "body": "Resposta", "replyToId": elsewhere}
    assert await house.bruno.refusal("sendChatMessage", MESSAGE, **send) == "NOT_FOUND"
    send["replyToId"] = here
    sent = await house.davi.mutate("sendChatMessage", "message { replyTo { id body author { id } } }", **send)
    assert sent["message"]["replyTo"] == {"id": here, "body": "Pergunta", "author": {"id": "bruno"}}
