"""Pinning messages in their channel."""

import asyncio
from datetime import datetime

import pytest

from chat.operations.pins import PINS_LIMIT
from tests.support.api import Account, AgentClient, Api, Json
from tests.support.fingerprint import fingerprint
from tests.support.sockets import open_socket

PINNED = "message { id pinnedAt viewerCan { pin } }"
CHANGES = """subscription ($channel: ID!, $since: String) {
  chatChannelChanged(channelId: $channel, since: $since) {
    change message { id pinnedAt systemEvent { kind } replyTo { id } author { id } }
  }
}"""
PAGE = """query ($id: ID!, $first: Int, $after: String) { chatChannel(id: $id) {
  pinnedMessages(first: $first, after: $after) { nodes { id body } pageInfo { hasNextPage endCursor } }
} }"""


async def pin(agent: AgentClient, message: str) -> Json:
    pinned: Json = (await agent.mutate("pinChatMessage", PINNED, messageId=message))["message"]
    return pinned


async def pinned(agent: AgentClient, channel: str) -> list[str]:
    found = await agent.read(channel, "pinnedMessages { nodes { id } }")
    return [node["id"] for node in found["pinnedMessages"]["nodes"]]


async def test_pinned_messages_are_listed_latest_pin_first(account: Account) -> None:
    channel = await account.bruno.create_channel(memberIds=["carla"])
    first, second, other = [await account.carla.send(channel, text) for text in ("1", "2", "3")]
    for message in (second, first):
        assert datetime.fromisoformat((await pin(account.carla, message))["pinnedAt"])
    assert await pinned(account.bruno, channel) == [first, second]
    assert (await account.bruno.mutate("unpinChatMessage", PINNED, messageId=first))["message"]["pinnedAt"] is None
    await pin(account.bruno, other)
    assert await pinned(account.carla, channel) == [other, second]


async def test_pages_of_pinned_messages_are_complete_and_without_duplicates(account: Account) -> None:
    channel = await account.bruno.create_channel()
    messages = [await account.bruno.send(channel, str(number)) for number in range(5)]
    for message in messages:
        await pin(account.bruno, message)
    seen: list[str] = []
    after: str | None = None
    while True:
        page = (await account.bruno.query(PAGE, id=channel, first=2, after=after))["chatChannel"]["pinnedMessages"]
        seen += [node["id"] for node in page["nodes"]]
        if not page["pageInfo"]["hasNextPage"]:
            break
        after = page["pageInfo"]["endCursor"]
    assert seen == messages[::-1]
    history = await account.bruno.read(channel, "messages(last: 1) { pageInfo { endCursor } }")
    foreign_cursor = history["messages"]["pageInfo"]["endCursor"]
    assert (await account.bruno.execute(PAGE, id=channel, after=foreign_cursor)).code == "BAD_USER_INPUT"


async def test_streams_report_a_pin_and_its_system_message(account: Account, socket_url: str) -> None:
    channel = await account.bruno.create_channel(memberIds=["carla"])
    message = await account.carla.send(channel)
    since = await account.carla.position(channel)
    async with open_socket(socket_url, account.carla.token) as socket:
        stream = await socket.subscribe(CHANGES, channel=channel)
        await account.until_subscribed()
        await pin(account.bruno, message)
        updated, added = await stream.data(), await stream.data()
        assert (updated["change"], updated["message"]["id"]) == ("MESSAGE_UPDATED", message)
        assert updated["message"]["pinnedAt"] is not None
        assert added["change"] == "MESSAGE_ADDED"
        assert added["message"]["systemEvent"] == {"kind": "PINNED"}
        assert (added["message"]["replyTo"], added["message"]["author"]) == ({"id": message}, {"id": "bruno"})
        await account.bruno.mutate("unpinChatMessage", PINNED, messageId=message)
        unpinned = await stream.data()
        assert (unpinned["change"], unpinned["message"]["pinnedAt"]) == ("MESSAGE_UPDATED", None)
        replayed = await socket.subscribe(CHANGES, channel=channel, since=since)
        kinds = [(await replayed.data())["change"] for _ in range(3)]
        assert kinds == ["MESSAGE_UPDATED", "MESSAGE_ADDED", "MESSAGE_UPDATED"]


async def test_repeating_a_pin_or_unpin_changes_nothing(account: Account) -> None:
    channel = await account.bruno.create_channel()
    message, other = await account.bruno.send(channel), await account.bruno.send(channel)
    first = await pin(account.bruno, message)
    before = await fingerprint(account)
    assert await pin(account.bruno, message) == first
    await account.bruno.mutate("unpinChatMessage", PINNED, messageId=other)
    assert await fingerprint(account) == before
    await asyncio.gather(*(pin(account.bruno, other) for _ in range(4)))
    assert await account.bruno.system_events(channel) == ["CREATED", "PINNED", "PINNED"]
    assert await pinned(account.bruno, channel) == [other, message]


async def test_a_deleted_message_is_unpinned(account: Account) -> None:
    channel = await account.bruno.create_channel()
    message = await account.bruno.send(channel)
    await pin(account.bruno, message)
    deleted = await account.bruno.mutate("deleteChatMessage", PINNED, messageId=message)
    assert deleted["message"] == {"id": message, "pinnedAt": None, "viewerCan": {"pin": False}}
    assert await pinned(account.bruno, channel) == []
    before = await fingerprint(account)
    assert await account.bruno.refusal("pinChatMessage", PINNED, messageId=message) == "NOT_FOUND"
    assert await fingerprint(account) == before


async def test_at_most_100_messages_of_a_channel_are_pinned(account: Account) -> None:
    channel = await account.bruno.create_channel(memberIds=["carla"])
    messages = [await account.bruno.send(channel, str(number)) for number in range(PINS_LIMIT + 2)]
    answers = await asyncio.gather(
        *(account.bruno.payload("pinChatMessage", PINNED, messageId=message) for message in messages)
    )
    refused = [answer["userErrors"][0] for answer in answers if answer["userErrors"]]
    assert [(error["code"], error["path"]) for error in refused] == [("INVALID", ["messageId"])] * 2
    there = [answer["message"]["id"] for answer in answers if answer["message"]]
    left_out = next(message for message in messages if message not in there)
    before = await fingerprint(account)
    assert await account.carla.refusal("pinChatMessage", PINNED, messageId=left_out) == "INVALID"
    await pin(account.bruno, there[0])
    assert await fingerprint(account) == before
    await account.bruno.mutate("unpinChatMessage", PINNED, messageId=there[0])
    await pin(account.carla, left_out)


async def test_the_setting_decides_whether_members_pin(account: Account) -> None:
    channel = await account.bruno.create_channel(memberIds=["carla"])
    message = await account.bruno.send(channel)
    await account.ana.mutate("updateChatAccountSettings", "settings { membersPin }", membersPin=False)
    before = await fingerprint(account)
    for mutation in ("pinChatMessage", "unpinChatMessage"):
        assert await account.carla.refusal(mutation, PINNED, messageId=message) == "FORBIDDEN"
    assert await fingerprint(account) == before
    assert (await pin(account.bruno, message))["viewerCan"] == {"pin": True}
    read = await account.carla.read(channel, "pinnedMessages { nodes { viewerCan { pin } } }")
    assert read["pinnedMessages"]["nodes"] == [{"viewerCan": {"pin": False}}]
    await account.ana.mutate("updateChatAccountSettings", "settings { membersPin }", membersPin=True)
    await account.carla.mutate("unpinChatMessage", PINNED, messageId=message)


async def test_system_messages_and_archived_channels_cannot_be_pinned_in(account: Account) -> None:
    channel = await account.bruno.create_channel()
    created = (await account.bruno.read(channel, "lastMessage { id }"))["lastMessage"]["id"]
    message = await account.bruno.send(channel)
    await pin(account.bruno, message)
    await account.bruno.mutate("archiveChatChannel", "channel { id }", channelId=channel)
    before = await fingerprint(account)
    assert await account.bruno.refusal("pinChatMessage", PINNED, messageId=created) == "FORBIDDEN"
    assert await account.bruno.refusal("unpinChatMessage", PINNED, messageId=message) == "ARCHIVED"
    assert await fingerprint(account) == before
    assert await pinned(account.bruno, channel) == [message]


async def test_both_agents_of_a_direct_message_pin(account: Account) -> None:
    opened = await account.bruno.mutate("openDirectMessage", "channel { id }", agentId="carla")
    message = await account.bruno.send(opened["channel"]["id"])
    await account.ana.mutate("updateChatAccountSettings", "settings { membersPin }", membersPin=False)
    await pin(account.carla, message)
    assert await pinned(account.bruno, opened["channel"]["id"]) == [message]


async def test_an_administrator_who_cannot_read_the_channel_sees_no_pins(account: Account) -> None:
    await account.bruno.create_channel("Gerente")
    channel = await account.bruno.create_channel("Sala", "PRIVATE")
    message = await account.bruno.send(channel)
    await pin(account.bruno, message)
    assert await pinned(account.ana, channel) == []
    assert await account.ana.refusal("unpinChatMessage", PINNED, messageId=message) == "NOT_FOUND"
    assert await pinned(account.bruno, channel) == [message]


@pytest.mark.parametrize("pins", [1, 20])
async def test_the_statements_do_not_depend_on_the_number_of_pins(api: Api, account: Account, pins: int) -> None:
    channel = await account.bruno.create_channel()
    for number in range(pins):
        await pin(account.bruno, await account.bruno.send(channel, str(number)))
    with api.statements() as sent:
        found = await account.bruno.read(
            channel, "pinnedMessages { nodes { pinnedAt author { name } viewerCan { pin } } }"
        )
    assert len(found["pinnedMessages"]["nodes"]) == pins
    # The viewer, the channel, the pins, when they were pinned, and the authors.
    assert len(sent) == 5, "\n\n".join(sent)
    message = await account.bruno.send(channel)
    with api.statements() as sent:
        await pin(account.bruno, message)
    assert len(sent) == 12, "\n\n".join(sent)
