"""Client keys: a repeated request with the same key returns the same message."""

import asyncio

from tests.support.api import Account, Json
from tests.support.fingerprint import fingerprint

MESSAGE = "message { id seq body deletedAt }"


async def test_concurrent_sends_with_one_key_are_one_message(account: Account) -> None:
    channel = await account.bruno.create_channel(memberIds=["carla"])
    sent = await asyncio.gather(*(account.bruno.send(channel, "Uma vez", clientKey="k") for _ in range(20)))
    assert len(set(sent)) == 1
    assert await account.carla.bodies(channel) == ["Uma vez"]
    assert (await account.carla.read(channel, "unreadCount"))["unreadCount"] == 1


async def test_two_authors_can_use_the_same_key(account: Account) -> None:
    channel = await account.bruno.create_channel(memberIds=["carla"])
    assert await account.bruno.send(channel, "Oi", clientKey="k") != await account.carla.send(
        channel, "Oi", clientKey="k"
    )


async def test_the_same_key_with_another_message_is_a_conflict(account: Account) -> None:
    channel, other = await account.bruno.create_channel("Uma"), await account.bruno.create_channel("Outra")
    first = await account.bruno.send(channel, "Primeiro")
    sent: Json = {"channelId": channel, "body": "Oi", "clientKey": "k"}
    id = (await account.bruno.mutate("sendChatMessage", MESSAGE, **sent))["message"]["id"]
    before = await fingerprint(account)
    for difference in ({"body": "Oi!"}, {"replyToId": first}, {"channelId": other}):
        assert await account.bruno.refusal("sendChatMessage", MESSAGE, **{**sent, **difference}) == "CONFLICT"
    assert (await account.bruno.mutate("sendChatMessage", MESSAGE, **sent))["message"]["id"] == id
    assert await fingerprint(account) == before


async def test_a_repeated_key_returns_the_current_message(account: Account) -> None:
    channel = await account.bruno.create_channel()
    sent: Json = {"channelId": channel, "body": "Antes", "clientKey": "k"}
    id = (await account.bruno.mutate("sendChatMessage", MESSAGE, **sent))["message"]["id"]
    await account.bruno.mutate("editChatMessage", MESSAGE, messageId=id, body="Depois")
    assert (await account.bruno.mutate("sendChatMessage", MESSAGE, **sent))["message"]["body"] == "Depois"
    await account.bruno.mutate("deleteChatMessage", MESSAGE, messageId=id)
    tombstone = (await account.bruno.mutate("sendChatMessage", MESSAGE, **sent))["message"]
    assert (tombstone["id"], tombstone["body"]) == (id, "")
    assert tombstone["deletedAt"] is not None
    sent["body"] = "Outro"
    assert await account.bruno.refusal("sendChatMessage", MESSAGE, **sent) == "CONFLICT"


async def test_a_key_has_1_to_200_characters(account: Account) -> None:
    channel = await account.bruno.create_channel()
    for key in ("", "k" * 201, "k\x00"):
        sent: Json = {"channelId": channel, "body": "Oi", "clientKey": key}
        assert await account.bruno.refusal("sendChatMessage", MESSAGE, **sent) == "INVALID"
    await account.bruno.send(channel, "Oi", clientKey="k" * 200)
