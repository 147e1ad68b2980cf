"""The other live streams, each from the point of view of whom it serves."""

from tests.support.api import Account, AgentClient
from tests.support.sockets import Stream, open_socket

ALL_ADDED = """subscription ($since: String) {
  chatMessageAdded(since: $since) { message { body channel { id } } alert position }
}"""
CHANGED = """subscription ($channel: ID!) {
  chatChannelChanged(channelId: $channel) {
    change message { body deletedAt reactions { emoji count } } channel { name memberCount } position
  }
}"""
MENTIONED = "subscription ($since: String) { chatMentionAdded(since: $since) { message { body } alert position } }"
INBOX = (
    "subscription { chatInboxChanged { channelId alert channel { name unreadCount viewerMembership { favourite } } } }"
)
TYPING = "subscription ($channel: ID!) { chatTyping(channelId: $channel) { agents { name } } }"
PRESENCE = "subscription ($agents: [ID!]!) { chatPresenceChanged(agentIds: $agents) { id presence } }"


MENTION_OF_CARLA = "[@Carla](mention://user/carla/Carla)"


async def position_of(agent: AgentClient) -> str:
    position: str = (await agent.query("{ chatViewer { position } }"))["chatViewer"]["position"]
    return position


async def settled(stream: Stream) -> Stream:
    """Returns the stream once it is surely subscribed."""
    await stream.nothing(0.2)
    return stream


async def test_all_channels_as_the_viewer_joins_and_leaves(account: Account, socket_url: str) -> None:
    first = await account.ana.create_channel("First", memberIds=["bruno"])
    second = await account.ana.create_channel("Second", "PRIVATE")
    async with open_socket(socket_url, account.bruno.token) as socket:
        stream = await settled(await socket.subscribe(ALL_ADDED))
        await account.ana.send(second, "not yours")
        await account.ana.send(first, "yours")
        assert (await stream.data())["message"]["body"] == "yours"
        await account.ana.mutate("addChatMembers", "channel { id }", channelId=second, agentIds=["bruno"])
        assert (await stream.data())["message"]["body"] == ""
        await account.ana.send(second, "now yours")
        assert (await stream.data())["message"] == {"body": "now yours", "channel": {"id": second}}
        await account.ana.mutate("removeChatMember", "channel { id }", channelId=second, agentId="bruno")
        await account.ana.send(second, "not yours any more")
        await account.ana.send(first, "still yours")
        bodies = [(await stream.data())["message"]["body"]]
        if bodies[-1] == "":
            bodies.append((await stream.data())["message"]["body"])
        assert bodies[-1] == "still yours"


async def test_what_changes_in_a_channel(account: Account, socket_url: str) -> None:
    channel = await account.ana.create_channel("Room", memberIds=["bruno"])
    async with open_socket(socket_url, account.bruno.token) as socket:
        stream = await settled(await socket.subscribe(CHANGED, channel=channel))
        message = await account.ana.send(channel, "one")
        await account.bruno.mutate("addChatReaction", "message { id }", messageId=message, emoji="👍")
        await account.ana.mutate("editChatMessage", "message { id }", messageId=message, body="two")
        await account.ana.mutate("deleteChatMessage", "message { id }", messageId=message)
        await account.ana.mutate("addChatMembers", "channel { id }", channelId=channel, agentIds=["carla"])
        await account.ana.mutate("updateChatChannel", "channel { id }", channelId=channel, name="Hall")
        seen = [(await stream.data())["change"] for _ in range(8)]
        assert seen == [
            "MESSAGE_ADDED",
            "MESSAGE_UPDATED",
            "MESSAGE_UPDATED",
            "MESSAGE_DELETED",
            "MEMBERS_CHANGED",
            "MESSAGE_ADDED",
            "CHANNEL_UPDATED",
            "MESSAGE_ADDED",
        ]


async def test_mentions_reach_whom_they_name_once(account: Account, socket_url: str) -> None:
    channel = await account.ana.create_channel("Room")
    async with open_socket(socket_url, account.bruno.token) as socket:
        stream = await settled(await socket.subscribe(MENTIONED))
        position = await position_of(account.bruno)
        message = await account.ana.send(channel, "nobody")
        await account.ana.mutate(
            "editChatMessage", "message { id }", messageId=message, body="[@Bruno](mention://user/bruno/Bruno)"
        )
        event = await stream.data()
        assert "Bruno" in event["message"]["body"]
        assert event["alert"] is False, "he can read the public channel, but has no seat in it"
        await account.ana.mutate(
            "editChatMessage", "message { id }", messageId=message, body="[@Bruno](mention://user/bruno/Bruno) again"
        )
        await stream.nothing()
        replayed = await socket.subscribe(MENTIONED, since=position)
        assert (await replayed.data())["position"] == event["position"]
        await replayed.nothing()


async def test_a_mention_in_a_channel_never_joined(account: Account, socket_url: str) -> None:
    """It reaches who can read the channel, whether they listened or come back; it is none of their sidebar."""
    channel = await account.bruno.create_channel("Room")
    position = await position_of(account.carla)
    async with open_socket(socket_url, account.carla.token) as socket:
        live, inbox = await socket.subscribe(MENTIONED), await settled(await socket.subscribe(INBOX))
        await account.bruno.send(channel, "nobody")
        await account.bruno.send(channel, MENTION_OF_CARLA)
        event = await live.data()
        assert event["message"]["body"] == MENTION_OF_CARLA
        await inbox.nothing()
    async with open_socket(socket_url, account.carla.token) as socket:
        replayed = await socket.subscribe(MENTIONED, since=position)
        assert await replayed.data() == event
        await replayed.nothing()


async def test_mentions_that_were_missed_are_told_while_they_stand(account: Account, socket_url: str) -> None:
    """Not those of a message deleted meanwhile, edited away, or in a channel that the viewer cannot read now."""
    public = await account.bruno.create_channel("Room")
    private = await account.bruno.create_channel("Closed", "PRIVATE", memberIds=["carla"])
    position = await position_of(account.carla)
    deleted = await account.bruno.send(public, MENTION_OF_CARLA)
    edited = await account.bruno.send(public, MENTION_OF_CARLA)
    await account.bruno.send(private, MENTION_OF_CARLA)
    await account.bruno.mutate("deleteChatMessage", "message { id }", messageId=deleted)
    await account.bruno.mutate("editChatMessage", "message { id }", messageId=edited, body="nobody")
    await account.bruno.mutate("removeChatMember", "channel { id }", channelId=private, agentId="carla")
    await account.bruno.send(public, f"{MENTION_OF_CARLA} still")
    async with open_socket(socket_url, account.carla.token) as socket:
        replayed = await socket.subscribe(MENTIONED, since=position)
        assert (await replayed.data())["message"]["body"] == f"{MENTION_OF_CARLA} still"
        await replayed.nothing()


async def test_a_gap_in_membership_is_not_replayed(account: Account, socket_url: str) -> None:
    """Not even what mentioned the viewer, who could read the channel all the time: `chatMentionAdded` tells that."""
    channel = await account.bruno.create_channel("Room", memberIds=["carla"])
    position = await position_of(account.carla)
    await account.bruno.send(channel, "before")
    await account.carla.mutate("leaveChatChannel", "channel { id }", channelId=channel)
    await account.bruno.send(channel, MENTION_OF_CARLA)
    await account.carla.mutate("joinChatChannel", "channel { id }", channelId=channel)
    await account.bruno.send(channel, "after")
    async with open_socket(socket_url, account.carla.token) as socket:
        added = await socket.subscribe(ALL_ADDED, since=position)
        bodies = [(await added.data())["message"]["body"] for _ in range(4)]
        assert bodies == ["before", "", "", "after"], "two system messages between them"
        mentioned = await socket.subscribe(MENTIONED, since=position)
        assert (await mentioned.data())["message"]["body"] == MENTION_OF_CARLA


async def test_the_sidebar_of_all_devices(account: Account, socket_url: str) -> None:
    channel = await account.ana.create_channel("Room", "PRIVATE", memberIds=["bruno"])
    async with open_socket(socket_url, account.bruno.token) as socket:
        stream = await settled(await socket.subscribe(INBOX))
        await account.ana.send(channel, "news")
        change = await stream.data()
        assert change["channelId"] == channel
        assert change["alert"] is True
        assert change["channel"]["unreadCount"] == 1
        await account.bruno.mutate("markChatRead", "channel { id }", channelId=channel)
        assert (await stream.data())["channel"]["unreadCount"] == 0
        await account.bruno.mutate("updateChatMembership", "membership { role }", channelId=channel, favourite=True)
        assert (await stream.data())["channel"]["viewerMembership"]["favourite"] is True
        await account.bruno.mutate("leaveChatChannel", "channel { id }", channelId=channel)
        left = await stream.data()
        while left["channel"] is not None:
            left = await stream.data()
        assert left["channelId"] == channel


async def test_one_change_is_told_once(account: Account, socket_url: str) -> None:
    channel = await account.ana.create_channel("Room", memberIds=["bruno", "carla"])
    async with open_socket(socket_url, account.bruno.token) as socket:
        inbox = await socket.subscribe(INBOX)
        changed = await settled(await socket.subscribe(CHANGED, channel=channel))
        for mutation, input in (
            ("updateChatChannel", {"name": "Hall"}),
            ("updateChatChannel", {"kind": "PRIVATE"}),
            ("updateChatChannel", {"kind": "PUBLIC"}),
            ("archiveChatChannel", {}),
            ("unarchiveChatChannel", {}),
        ):
            await account.ana.mutate(mutation, "channel { id }", channelId=channel, **input)
            assert (await inbox.data())["channel"]["name"] == "Hall"
            assert [(await changed.data())["change"] for _ in range(2)] == ["CHANNEL_UPDATED", "MESSAGE_ADDED"]
        await inbox.nothing()
        await changed.nothing()


async def test_typing_is_told_and_ends_by_itself(account: Account, socket_url: str) -> None:
    channel = await account.ana.create_channel("Room", memberIds=["bruno", "carla"])
    async with open_socket(socket_url, account.bruno.token) as socket:
        stream = await settled(await socket.subscribe(TYPING, channel=channel))
        await account.carla.mutate("setChatTyping", "channel { id }", channelId=channel, typing=True)
        assert (await stream.data())["agents"] == [{"name": "Carla"}]
        await account.bruno.mutate("setChatTyping", "channel { id }", channelId=channel, typing=True)
        await account.ana.mutate("setChatTyping", "channel { id }", channelId=channel, typing=True)
        assert (await stream.data())["agents"] == [{"name": "Ana"}, {"name": "Carla"}]
        await account.carla.mutate("setChatTyping", "channel { id }", channelId=channel, typing=False)
        assert (await stream.data())["agents"] == [{"name": "Ana"}]
        assert (await stream.data())["agents"] == []


async def test_presence_follows_the_open_socket(account: Account, socket_url: str) -> None:
    async with open_socket(socket_url, account.bruno.token) as socket:
        stream = await settled(await socket.subscribe(PRESENCE, agents=["carla"]))
        async with open_socket(socket_url, account.carla.token):
            assert await stream.data() == {"id": "carla", "presence": "ONLINE"}
            await account.carla.mutate("setChatPresence", "viewer { agent { presence } }", status="BUSY")
            assert await stream.data() == {"id": "carla", "presence": "BUSY"}
        assert await stream.data(12) == {"id": "carla", "presence": "OFFLINE"}
