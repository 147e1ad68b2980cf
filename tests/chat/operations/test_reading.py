"""What is unread: people's messages after one's own marker, which goes where its owner puts it."""

import pytest

from tests.support.api import House, Json, Person

COUNTS = "unreadCount unreadMentionCount firstUnreadMessage { body } viewerMembership { lastReadMessage { seq } }"
CHANNEL = "channel { unreadCount }"


async def _counts(person: Person, channel: str) -> tuple[int, int, str | None]:
    """Unread messages, unread mentions, and the text where the unread begins."""
    seen = await person.see(channel, COUNTS)
    first = seen["firstUnreadMessage"]
    return seen["unreadCount"], seen["unreadMentionCount"], first["body"] if first else None


async def _read(person: Person, channel: str, message: str | None = None) -> int:
    input: Json = {"channelId": channel, **({"messageId": message} if message else {})}
    count: int = (await person.mutate("markChatRead", CHANNEL, **input))["channel"]["unreadCount"]
    return count


async def _unread(person: Person, channel: str, message: str) -> int:
    input: Json = {"channelId": channel, "messageId": message}
    count: int = (await person.mutate("markChatUnread", CHANNEL, **input))["channel"]["unreadCount"]
    return count


async def _talk(house: House) -> tuple[str, list[str]]:
    """Five messages for Carla, the second and the fourth mention her, with the chat's own words in between."""
    channel = await house.bruno.create_channel("Sala", memberIds=["carla", "davi"])
    messages = []
    for number in range(1, 6):
        mention = " [@Carla](mention://user/carla/Carla)" if number in (2, 4) else ""
        messages.append(await house.bruno.send(channel, f"{number}{mention}"))
        await house.bruno.mutate("updateChatChannel", "channel { id }", channelId=channel, name=f"Sala {number}")
    return channel, messages


async def test_people_are_counted_and_the_chat_itself_is_not(house: House) -> None:
    channel, _ = await _talk(house)
    assert await _counts(house.carla, channel) == (5, 2, "1")
    assert await _counts(house.davi, channel) == (5, 0, "1")
    assert await _counts(house.bruno, channel) == (0, 0, None)
    assert await _counts(house.ana, channel) == (0, 0, None)
    assert await _read(house.davi, channel) == 0
    await house.bruno.mutate("updateChatChannel", "channel { id }", channelId=channel, name="Outra")
    assert await _counts(house.davi, channel) == (0, 0, None)


async def test_reading_up_to_a_message_and_never_backwards(house: House) -> None:
    channel, messages = await _talk(house)
    assert await _read(house.carla, channel, messages[2]) == 2
    assert await _counts(house.carla, channel) == (2, 1, "4 [@Carla](mention://user/carla/Carla)")
    assert await _read(house.carla, channel, messages[0]) == 2
    assert await _read(house.carla, channel) == 0
    assert await _counts(house.carla, channel) == (0, 0, None)
    assert await _read(house.carla, channel, messages[4]) == 0
    end = await house.carla.see(channel, "lastMessage { seq } viewerMembership { lastReadMessage { seq } }")
    assert end["viewerMembership"]["lastReadMessage"] == end["lastMessage"]


async def test_marking_unread_from_a_message(house: House) -> None:
    channel, messages = await _talk(house)
    await _read(house.carla, channel)
    assert await _unread(house.carla, channel, messages[3]) == 2
    assert await _counts(house.carla, channel) == (2, 1, "4 [@Carla](mention://user/carla/Carla)")
    assert await _unread(house.carla, channel, messages[4]) == 2
    assert await _unread(house.carla, channel, messages[0]) == 5
    history = (await house.carla.see(channel, "messages(last: 100) { nodes { id systemEvent { kind } } }"))["messages"]
    for node in reversed(history["nodes"]):
        await _unread(house.carla, channel, node["id"])
    assert await _counts(house.carla, channel) == (5, 2, "1")


async def test_ones_own_message_reads_what_was_before_it(house: House) -> None:
    channel, _ = await _talk(house)
    await house.carla.send(channel, "Li tudo")
    assert await _counts(house.carla, channel) == (0, 0, None)
    assert await _counts(house.davi, channel) == (6, 0, "1")


@pytest.mark.parametrize("mutation", ["markChatRead", "markChatUnread"])
async def test_a_message_of_another_channel_marks_nothing(house: House, mutation: str) -> None:
    channel, _ = await _talk(house)
    elsewhere = await house.bruno.send(await house.bruno.create_channel("Outra", memberIds=["carla"]))
    input: Json = {"channelId": channel, "messageId": elsewhere}
    assert await house.carla.refusal(mutation, CHANNEL, **input) == "NOT_FOUND"
    assert (await _counts(house.carla, channel))[0] == 5


async def test_who_is_no_member_has_no_marker(house: House) -> None:
    channel, messages = await _talk(house)
    assert await house.ana.refusal("markChatRead", CHANNEL, channelId=channel) == "NOT_A_MEMBER"
    unread: Json = {"channelId": channel, "messageId": messages[0]}
    assert await house.ana.refusal("markChatUnread", CHANNEL, **unread) == "NOT_A_MEMBER"
    await house.ana.mutate("joinChatChannel", "channel { id }", channelId=channel)
    assert await _counts(house.ana, channel) == (0, 0, None)


async def test_everything_is_read_at_once(house: House) -> None:
    talks = [await _talk(house) for _ in range(3)]
    await house.carla.query("mutation { markAllChatsRead { viewer { agent { id } } userErrors { code } } }")
    for channel, _ in talks:
        assert await _counts(house.carla, channel) == (0, 0, None)
        assert (await _counts(house.davi, channel))[0] == 5


async def test_a_deleted_mention_is_no_longer_unread(house: House) -> None:
    channel, messages = await _talk(house)
    await house.bruno.mutate("deleteChatMessage", "message { id }", messageId=messages[1])
    assert (await _counts(house.carla, channel))[1] == 1
