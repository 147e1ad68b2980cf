"""chatMessageAdded and chatMentionAdded: what they deliver, where they resume, and how they end."""

from tests.support.api import Account
from tests.support.sockets import open_socket

ADDED = """subscription ($channel: ID, $since: String) {
  chatMessageAdded(channelId: $channel, since: $since) {
    message { id seq body author { name } channel { id } systemEvent { kind } } alert position
  }
}"""
MENTIONED = "subscription ($since: String) { chatMentionAdded(since: $since) { message { body } alert position } }"
CHAINED = """subscription ($channel: ID, $since: String) {
  chatMessageAdded(channelId: $channel, since: $since) { position previousPosition }
}"""
CHAINED_MENTIONS = """subscription ($since: String) {
  chatMentionAdded(since: $since) { position previousPosition }
}"""
INBOX = "subscription { chatInboxChanged { channelId } }"
MENTION_OF_BRUNO = "[@Bruno](mention://user/bruno/Bruno)"
MENTION_OF_CARLA = "[@Carla](mention://user/carla/Carla)"


# ------------------------------------------------------------------ messages of one channel
async def test_new_messages_of_a_channel_are_delivered(account: Account, socket_url: str) -> None:
    channel = await account.ana.create_channel("Equipe", "PRIVATE", memberIds=["bruno", "carla"])
    async with open_socket(socket_url, account.carla.token) as socket:
        stream = await socket.subscribe(ADDED, channel=channel)
        await account.until_subscribed()
        for number in range(5):
            await account.bruno.send(channel, f"Bom dia {number}")
            event = await stream.data()
            assert event["message"]["body"] == f"Bom dia {number}"
            assert event["alert"] is True


async def test_a_stream_resumes_after_its_position(account: Account, socket_url: str) -> None:
    channel = await account.ana.create_channel("Equipe", "PRIVATE", memberIds=["bruno", "carla"])
    position = await account.carla.position(channel)
    bodies = [f"message {number}" for number in range(5)]
    for body in bodies:
        await account.bruno.send(channel, body)
    async with open_socket(socket_url, account.carla.token) as socket:
        stream = await socket.subscribe(ADDED, channel=channel, since=position)
        events = [await stream.data() for _ in bodies]
        assert [event["message"]["body"] for event in events] == bodies
        await account.bruno.send(channel, "live")
        assert (await stream.data())["message"]["body"] == "live"
        again = await socket.subscribe(ADDED, channel=channel, since=events[2]["position"])
        assert [(await again.data())["message"]["body"] for _ in range(3)] == [*bodies[3:], "live"]
        await account.bruno.send(channel, "next")
        assert (await again.data())["message"]["body"] == "next"


async def test_each_event_names_the_position_of_the_one_before_it(account: Account, socket_url: str) -> None:
    channel = await account.ana.create_channel("Equipe", "PRIVATE", memberIds=["bruno", "carla"])
    other = await account.ana.create_channel("Other", "PRIVATE", memberIds=["bruno"])
    position = await account.carla.position(channel)
    async with open_socket(socket_url, account.carla.token) as socket:
        stream = await socket.subscribe(CHAINED, channel=channel, since=position)
        last_seen = position
        for number in range(3):
            await account.bruno.send(other, "of another stream")
            await account.bruno.send(channel, f"{number} {MENTION_OF_CARLA}")
            event = await stream.data()
            assert event["previousPosition"] == last_seen
            last_seen = event["position"]
        await account.bruno.send(channel, "the last one")
        resumed = await socket.subscribe(CHAINED, channel=channel, since=last_seen)
        assert (await resumed.data())["previousPosition"] == last_seen
        mentions = await socket.subscribe(CHAINED_MENTIONS, since=position)
        first, second = await mentions.data(), await mentions.data()
        assert [first["previousPosition"], second["previousPosition"]] == [position, first["position"]]


async def test_a_stream_from_now_on_begins_at_the_current_position(account: Account, socket_url: str) -> None:
    channel = await account.ana.create_channel("Equipe", "PRIVATE", memberIds=["bruno", "carla"])
    position = await account.carla.position(channel)
    async with open_socket(socket_url, account.carla.token) as socket:
        stream = await socket.subscribe(CHAINED, channel=channel)
        await account.until_subscribed()
        await account.bruno.send(channel)
        assert (await stream.data())["previousPosition"] == position


async def test_the_stream_of_a_removed_member_ends(account: Account, socket_url: str) -> None:
    channel = await account.ana.create_channel("Equipe", "PRIVATE", memberIds=["bruno", "carla"])
    position = await account.carla.position(channel)
    async with open_socket(socket_url, account.carla.token) as socket:
        stream = await socket.subscribe(ADDED, channel=channel, since=position)
        await account.bruno.send(channel, "before")
        assert (await stream.data())["message"]["body"] == "before"
        await account.ana.mutate("removeChatMember", "channel { id }", channelId=channel, agentId="carla")
        await account.bruno.send(channel, "after")
        last = await stream.next()
        if "errors" not in last:
            assert last["data"]["chatMessageAdded"]["message"]["systemEvent"] == {"kind": "REMOVED"}
            last = await stream.next()
        assert last["errors"][0]["extensions"]["code"] == "ACCESS_LOST"


# ------------------------------------------------------------------ messages of all channels
async def test_messages_are_delivered_from_joining_a_channel_until_leaving_it(
    account: Account, socket_url: str
) -> None:
    first = await account.ana.create_channel("First", memberIds=["bruno"])
    second = await account.ana.create_channel("Second", "PRIVATE")
    async with open_socket(socket_url, account.bruno.token) as socket:
        stream = await socket.subscribe(ADDED, since=await account.bruno.position())
        await account.ana.send(second, "before joining")
        await account.ana.send(first, "first")
        assert (await stream.data())["message"]["body"] == "first"
        await account.ana.mutate("addChatMembers", "channel { id }", channelId=second, agentIds=["bruno"])
        assert (await stream.data())["message"]["systemEvent"] == {"kind": "ADDED"}
        await account.ana.send(second, "after joining")
        message = (await stream.data())["message"]
        assert (message["body"], message["channel"]) == ("after joining", {"id": second})
        await account.ana.mutate("removeChatMember", "channel { id }", channelId=second, agentId="bruno")
        await account.ana.send(second, "after leaving")
        await account.ana.send(first, "last")
        message = (await stream.data())["message"]
        if message["systemEvent"] == {"kind": "REMOVED"}:
            message = (await stream.data())["message"]
        assert message["body"] == "last"


async def test_messages_sent_while_the_viewer_was_not_a_member_are_not_replayed(
    account: Account, socket_url: str
) -> None:
    """Not even those that mention the viewer, who could read the public channel: chatMentionAdded delivers them."""
    channel = await account.bruno.create_channel("Room", memberIds=["carla"])
    position = await account.carla.position()
    await account.bruno.send(channel, "before")
    await account.carla.mutate("leaveChatChannel", "channel { id }", channelId=channel)
    await account.bruno.send(channel, MENTION_OF_CARLA)
    await account.carla.mutate("joinChatChannel", "channel { id }", channelId=channel)
    await account.bruno.send(channel, "after")
    async with open_socket(socket_url, account.carla.token) as socket:
        added = await socket.subscribe(ADDED, since=position)
        messages = [(await added.data())["message"] for _ in range(4)]
        assert [message["body"] for message in messages] == ["before", "", "", "after"]
        assert [message["systemEvent"] for message in messages[1:3]] == [{"kind": "LEFT"}, {"kind": "JOINED"}]
        mentioned = await socket.subscribe(MENTIONED, since=position)
        assert (await mentioned.data())["message"]["body"] == MENTION_OF_CARLA


# ------------------------------------------------------------------ mentions
async def test_an_agent_mentioned_by_an_edit_is_notified_once(account: Account, socket_url: str) -> None:
    channel = await account.ana.create_channel("Room")
    position = await account.bruno.position()
    async with open_socket(socket_url, account.bruno.token) as socket:
        stream = await socket.subscribe(MENTIONED, since=position)
        message = await account.ana.send(channel, "no mention")
        for body in (MENTION_OF_BRUNO, f"{MENTION_OF_BRUNO} again"):
            await account.ana.mutate("editChatMessage", "message { id }", messageId=message, body=body)
            if body == MENTION_OF_BRUNO:
                event = await stream.data()
        assert MENTION_OF_BRUNO in event["message"]["body"]
        assert event["alert"] is True, "a reader of a public channel is alerted to mentions like a member"
        await account.ana.send(channel, f"{MENTION_OF_BRUNO} in the next message")
        assert (await stream.data())["message"]["body"] == f"{MENTION_OF_BRUNO} in the next message"
        replayed = await socket.subscribe(MENTIONED, since=position)
        assert (await replayed.data())["position"] == event["position"]
        assert (await replayed.data())["message"]["body"] == f"{MENTION_OF_BRUNO} in the next message"


async def test_a_mention_is_delivered_in_a_channel_that_the_agent_never_joined(
    account: Account, socket_url: str
) -> None:
    """Live and on resuming. It does not change the agent's sidebar."""
    channel = await account.bruno.create_channel("Room")
    position = await account.carla.position()
    async with open_socket(socket_url, account.carla.token) as socket:
        live, inbox = await socket.subscribe(MENTIONED, since=position), await socket.subscribe(INBOX)
        await account.until_subscribed(2)
        await account.bruno.send(channel, "no mention")
        await account.bruno.send(channel, MENTION_OF_CARLA)
        event = await live.data()
        assert event["message"]["body"] == MENTION_OF_CARLA
        joined = await account.bruno.create_channel("Joined", memberIds=["carla"])
        assert await inbox.data() == {"channelId": joined}
    async with open_socket(socket_url, account.carla.token) as socket:
        replayed = await socket.subscribe(MENTIONED, since=position)
        assert await replayed.data() == event
        await account.bruno.send(channel, f"{MENTION_OF_CARLA} again")
        assert (await replayed.data())["message"]["body"] == f"{MENTION_OF_CARLA} again"


async def test_outdated_mentions_are_not_replayed(account: Account, socket_url: str) -> None:
    """Those of messages that were deleted, edited, or are in a channel that the viewer can no longer read."""
    public = await account.bruno.create_channel("Room")
    private = await account.bruno.create_channel("Closed", "PRIVATE", memberIds=["carla"])
    position = await account.carla.position()
    deleted = await account.bruno.send(public, MENTION_OF_CARLA)
    edited = await account.bruno.send(public, MENTION_OF_CARLA)
    await account.bruno.send(private, MENTION_OF_CARLA)
    await account.bruno.mutate("deleteChatMessage", "message { id }", messageId=deleted)
    await account.bruno.mutate("editChatMessage", "message { id }", messageId=edited, body="no mention")
    await account.bruno.mutate("removeChatMember", "channel { id }", channelId=private, agentId="carla")
    await account.bruno.send(public, f"{MENTION_OF_CARLA} current")
    async with open_socket(socket_url, account.carla.token) as socket:
        replayed = await socket.subscribe(MENTIONED, since=position)
        assert (await replayed.data())["message"]["body"] == f"{MENTION_OF_CARLA} current"
        await account.bruno.send(public, f"{MENTION_OF_CARLA} live")
        assert (await replayed.data())["message"]["body"] == f"{MENTION_OF_CARLA} live"
