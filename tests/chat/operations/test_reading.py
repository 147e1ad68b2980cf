"""Read markers and unread counts."""

import pytest

from tests.support.api import Account, AgentClient, Api, Json
from tests.support.sockets import open_socket

COUNTS = "unreadCount unreadMentionCount firstUnreadMessage { body } viewerMembership { lastReadMessage { seq } }"
CHANNEL = "channel { unreadCount }"
MARK_ALL = "mutation { markAllChatsRead { viewer { agent { id } } userErrors { code } } }"


async def _counts(agent: AgentClient, channel: str) -> tuple[int, int, str | None]:
    """Returns the unread count, the unread mention count and the body of the first unread message."""
    seen = await agent.read(channel, COUNTS)
    first = seen["firstUnreadMessage"]
    return seen["unreadCount"], seen["unreadMentionCount"], first["body"] if first else None


async def _read(agent: AgentClient, channel: str, message: str | None = None) -> int:
    input: Json = {"channelId": channel, **({"messageId": message} if message else {})}
    count: int = (await agent.mutate("markChatRead", CHANNEL, **input))["channel"]["unreadCount"]
    return count


async def _unread(agent: AgentClient, channel: str, message: str) -> int:
    input: Json = {"channelId": channel, "messageId": message}
    count: int = (await agent.mutate("markChatUnread", CHANNEL, **input))["channel"]["unreadCount"]
    return count


async def _send_five_messages(account: Account) -> tuple[str, list[str]]:
    """Sends five messages, of which the second and the fourth mention carla, with a system message after each."""
    channel = await account.bruno.create_channel("Sala", memberIds=["carla", "davi"])
    messages = []
    for number in range(1, 6):
        mention = " [@Carla](mention://user/carla/Carla)" if number in (2, 4) else ""
        messages.append(await account.bruno.send(channel, f"{number}{mention}"))
        await account.bruno.mutate("updateChatChannel", "channel { id }", channelId=channel, name=f"Sala {number}")
    return channel, messages


async def test_system_messages_are_not_counted_as_unread(account: Account) -> None:
    channel, _ = await _send_five_messages(account)
    assert await _counts(account.carla, channel) == (5, 2, "1")
    assert await _counts(account.davi, channel) == (5, 0, "1")
    assert await _counts(account.bruno, channel) == (0, 0, None)
    assert await _counts(account.ana, channel) == (0, 0, None)
    assert await _read(account.davi, channel) == 0
    await account.bruno.mutate("updateChatChannel", "channel { id }", channelId=channel, name="Outra")
    assert await _counts(account.davi, channel) == (0, 0, None)


async def test_marking_read_never_moves_the_marker_backwards(account: Account) -> None:
    channel, messages = await _send_five_messages(account)
    assert await _read(account.carla, channel, messages[2]) == 2
    assert await _counts(account.carla, channel) == (2, 1, "4 [@Carla](mention://user/carla/Carla)")
    assert await _read(account.carla, channel, messages[0]) == 2
    assert await _read(account.carla, channel) == 0
    assert await _counts(account.carla, channel) == (0, 0, None)
    assert await _read(account.carla, channel, messages[4]) == 0
    end = await account.carla.read(channel, "lastMessage { seq } viewerMembership { lastReadMessage { seq } }")
    assert end["viewerMembership"]["lastReadMessage"] == end["lastMessage"]


async def test_marking_unread_moves_the_marker_before_the_message(account: Account) -> None:
    channel, messages = await _send_five_messages(account)
    await _read(account.carla, channel)
    assert await _unread(account.carla, channel, messages[3]) == 2
    assert await _counts(account.carla, channel) == (2, 1, "4 [@Carla](mention://user/carla/Carla)")
    assert await _unread(account.carla, channel, messages[4]) == 2
    assert await _unread(account.carla, channel, messages[0]) == 5
    history = (await account.carla.read(channel, "messages(last: 100) { nodes { id systemEvent { kind } } }"))[
        "messages"
    ]
    for node in reversed(history["nodes"]):
        await _unread(account.carla, channel, node["id"])
    assert await _counts(account.carla, channel) == (5, 2, "1")


async def test_sending_a_message_marks_the_channel_read(account: Account) -> None:
    channel, _ = await _send_five_messages(account)
    await account.carla.send(channel, "Li tudo")
    assert await _counts(account.carla, channel) == (0, 0, None)
    assert await _counts(account.davi, channel) == (6, 0, "1")


@pytest.mark.parametrize("mutation", ["markChatRead", "markChatUnread"])
async def test_a_message_of_another_channel_is_refused(account: Account, mutation: str) -> None:
    channel, _ = await _send_five_messages(account)
    elsewhere = await account.bruno.send(await account.bruno.create_channel("Outra", memberIds=["carla"]))
    input: Json = {"channelId": channel, "messageId": elsewhere}
    assert await account.carla.refusal(mutation, CHANNEL, **input) == "NOT_FOUND"
    assert (await _counts(account.carla, channel))[0] == 5


async def test_only_members_have_a_marker(account: Account) -> None:
    channel, messages = await _send_five_messages(account)
    assert await account.ana.refusal("markChatRead", CHANNEL, channelId=channel) == "NOT_A_MEMBER"
    unread: Json = {"channelId": channel, "messageId": messages[0]}
    assert await account.ana.refusal("markChatUnread", CHANNEL, **unread) == "NOT_A_MEMBER"
    await account.ana.mutate("joinChatChannel", "channel { id }", channelId=channel)
    assert await _counts(account.ana, channel) == (0, 0, None)


async def test_all_channels_can_be_marked_read(account: Account) -> None:
    conversations = [await _send_five_messages(account) for _ in range(3)]
    await account.carla.query(MARK_ALL)
    for channel, _ in conversations:
        assert await _counts(account.carla, channel) == (0, 0, None)
        assert (await _counts(account.davi, channel))[0] == 5


async def test_marking_all_channels_read_is_personal_and_signalled_to_the_other_devices(
    api: Api, account: Account, socket_url: str
) -> None:
    conversations = [(await _send_five_messages(account))[0] for _ in range(3)]
    read = await account.bruno.create_channel(memberIds=["carla"])
    await _read(account.carla, read)
    position = await account.bruno.position()
    async with open_socket(socket_url, account.carla.token) as socket:
        stream = await socket.subscribe("subscription { chatInboxChanged { channelId channel { unreadCount } } }")
        await account.until_subscribed()
        with api.statements() as sent:
            await account.carla.query(MARK_ALL)
        # The viewer for the admission and in the transaction, and one statement for all channels.
        assert len(sent) == 3, "\n\n".join(sent)
        reported = [await stream.data() for _ in conversations]
        assert sorted(each["channelId"] for each in reported) == sorted(conversations)
        assert {each["channel"]["unreadCount"] for each in reported} == {0}
        await account.carla.query(MARK_ALL)
        assert await account.bruno.position() == position
        await account.bruno.send(read)
        # Repeating it changes no marker, so the next event is the new message.
        assert await stream.data() == {"channelId": read, "channel": {"unreadCount": 1}}


async def test_deleting_a_message_removes_its_unread_mention(account: Account) -> None:
    channel, messages = await _send_five_messages(account)
    await account.bruno.mutate("deleteChatMessage", "message { id }", messageId=messages[1])
    assert (await _counts(account.carla, channel))[1] == 1
