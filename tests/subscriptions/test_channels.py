"""chatChannelChanged and chatInboxChanged: each change is delivered once."""

from tests.support.api import Account
from tests.support.sockets import open_socket

CHANGED = """subscription ($channel: ID!, $since: String) {
  chatChannelChanged(channelId: $channel, since: $since) {
    change message { body deletedAt reactions { emoji count } } channel { name memberCount } position
  }
}"""
INBOX = (
    "subscription { chatInboxChanged { channelId alert channel { name unreadCount viewerMembership { favourite } } } }"
)


async def test_changes_of_a_channel_are_delivered_in_order(account: Account, socket_url: str) -> None:
    channel = await account.ana.create_channel("Room", memberIds=["bruno"])
    async with open_socket(socket_url, account.bruno.token) as socket:
        stream = await socket.subscribe(CHANGED, channel=channel, since=await account.bruno.position(channel))
        message = await account.ana.send(channel, "one")
        await account.bruno.mutate("addChatReaction", "message { id }", messageId=message, emoji="👍")
        await account.ana.mutate("editChatMessage", "message { id }", messageId=message, body="two")
        await account.ana.mutate("deleteChatMessage", "message { id }", messageId=message)
        await account.ana.mutate("addChatMembers", "channel { id }", channelId=channel, agentIds=["carla"])
        await account.ana.mutate("updateChatChannel", "channel { id }", channelId=channel, name="Hall")
        assert [(await stream.data())["change"] for _ in range(8)] == [
            "MESSAGE_ADDED",
            "MESSAGE_UPDATED",
            "MESSAGE_UPDATED",
            "MESSAGE_DELETED",
            "MEMBERS_CHANGED",
            "MESSAGE_ADDED",
            "CHANNEL_UPDATED",
            "MESSAGE_ADDED",
        ]


async def test_the_inbox_reports_messages_and_personal_changes(account: Account, socket_url: str) -> None:
    channel = await account.ana.create_channel("Room", "PRIVATE", memberIds=["bruno"])
    async with open_socket(socket_url, account.bruno.token) as socket:
        stream = await socket.subscribe(INBOX)
        await account.until_subscribed()
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


async def test_a_change_with_a_system_message_is_one_change_of_the_inbox(account: Account, socket_url: str) -> None:
    channel = await account.ana.create_channel("Room", memberIds=["bruno", "carla"])
    async with open_socket(socket_url, account.bruno.token) as socket:
        inbox = await socket.subscribe(INBOX)
        changed = await socket.subscribe(CHANGED, channel=channel)
        await account.until_subscribed(2)
        for mutation, input in (
            ("updateChatChannel", {"name": "Hall"}),
            ("updateChatChannel", {"kind": "PRIVATE"}),
            ("updateChatChannel", {"kind": "PUBLIC"}),
            ("archiveChatChannel", {}),
            ("unarchiveChatChannel", {}),
        ):
            await account.ana.mutate(mutation, "channel { id }", channelId=channel, **input)
            change = await inbox.data()
            assert (change["channel"]["name"], change["channel"]["unreadCount"]) == ("Hall", 0)
            assert [(await changed.data())["change"] for _ in range(2)] == ["CHANNEL_UPDATED", "MESSAGE_ADDED"]
        await account.ana.send(channel, "the next change")
        assert (await inbox.data())["channel"]["unreadCount"] == 1
        assert (await changed.data())["message"]["body"] == "the next change"
