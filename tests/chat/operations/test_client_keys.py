"""A client may always try again: one key is one message."""

import asyncio

from tests.support.api import House, Json
from tests.support.fingerprint import fingerprint

MESSAGE = "message { id seq body deletedAt }"


async def test_twenty_sends_with_one_key_are_one_message(house: House) -> None:
    channel = await house.bruno.create_channel(memberIds=["carla"])
    sent = await asyncio.gather(*(house.bruno.send(channel, "Uma vez", clientKey="k") for _ in range(20)))
    assert len(set(sent)) == 1
    assert await house.carla.bodies(channel) == ["Uma vez"]
    assert (await house.carla.see(channel, "unreadCount"))["unreadCount"] == 1


async def test_a_key_is_its_authors_own(house: House) -> None:
    channel = await house.bruno.create_channel(memberIds=["carla"])
    assert await house.bruno.send(channel, "Oi", clientKey="k") != await house.carla.send(channel, "Oi", clientKey="k")


async def test_the_same_key_with_another_message_is_a_conflict(house: House) -> None:
    channel, other = await house.bruno.create_channel("Uma"), await house.bruno.create_channel("Outra")
    first = await house.bruno.send(channel, "Primeiro")
    sent: Json = {"channelId": channel, "body": "Oi", "clientKey": "k"}
    id = (await house.bruno.mutate("sendChatMessage", MESSAGE, **sent))["message"]["id"]
    before = await fingerprint(house)
    for difference in ({"body": "Oi!"}, {"replyToId": first}, {"channelId": other}):
        assert await house.bruno.refusal("sendChatMessage", MESSAGE, **{**sent, **difference}) == "CONFLICT"
    assert (await house.bruno.mutate("sendChatMessage", MESSAGE, **sent))["message"]["id"] == id
    assert await fingerprint(house) == before


async def test_a_key_answers_with_the_message_as_it_is_now(house: House) -> None:
    channel = await house.bruno.create_channel()
    sent: Json = {"channelId": channel, "body": "Antes", "clientKey": "k"}
    id = (await house.bruno.mutate("sendChatMessage", MESSAGE, **sent))["message"]["id"]
    await house.bruno.mutate("editChatMessage", MESSAGE, messageId=id, body="Depois")
    assert (await house.bruno.mutate("sendChatMessage", MESSAGE, **sent))["message"]["body"] == "Depois"
    await house.bruno.mutate("deleteChatMessage", MESSAGE, messageId=id)
    tombstone = (await house.bruno.mutate("sendChatMessage", MESSAGE, **sent))["message"]
    assert (tombstone["id"], tombstone["body"]) == (id, "")
    assert tombstone["deletedAt"] is not None
    sent["body"] = "Outro"
    assert await house.bruno.refusal("sendChatMessage", MESSAGE, **sent) == "CONFLICT"


async def test_a_key_has_1_to_200_characters(house: House) -> None:
    channel = await house.bruno.create_channel()
    for key in ("", "k" * 201, "k\x00"):
        sent: Json = {"channelId": channel, "body": "Oi", "clientKey": key}
        assert await house.bruno.refusal("sendChatMessage", MESSAGE, **sent) == "INVALID"
    await house.bruno.send(channel, "Oi", clientKey="k" * 200)
