"""chatNotificationAdded, and the `alert` flag of live events."""

from datetime import UTC, datetime, timedelta

from tests.support.api import Account
from tests.support.sockets import open_socket

ADDED = """subscription ($since: String) { chatNotificationAdded(since: $since) {
  notification { id type actor { name } channel { name } message { id body } } position previousPosition
} }"""
MESSAGES = "subscription { chatMessageAdded { message { body } alert } }"
INBOX = "subscription { chatInboxChanged { channelId alert } }"
BRUNO, CARLA = "[@Bruno](mention://user/bruno/Bruno)", "[@Carla](mention://user/carla/Carla)"


async def test_a_new_notification_is_delivered_to_its_agent_only(account: Account, socket_url: str) -> None:
    channel = await account.ana.create_channel("Vendas", "PRIVATE", memberIds=["bruno", "carla"])
    async with (
        open_socket(socket_url, account.bruno.token) as bruno,
        open_socket(socket_url, account.carla.token) as carla,
    ):
        to_bruno, to_carla = await bruno.subscribe(ADDED), await carla.subscribe(ADDED)
        await account.until_subscribed(2)
        await account.ana.send(channel, BRUNO)
        await account.ana.send(channel, CARLA)
        first = (await to_bruno.data())["notification"]
        assert (first["type"], first["actor"]["name"], first["channel"]["name"]) == ("MENTION", "Ana", "Vendas")
        assert first["message"]["body"] == BRUNO
        assert (await to_carla.data())["notification"]["message"]["body"] == CARLA
        await account.ana.send(channel, f"{BRUNO} again")
        # Nothing of Carla's was sent to Bruno in between.
        assert (await to_bruno.data())["notification"]["message"]["body"] == f"{BRUNO} again"


async def test_a_resumed_stream_delivers_what_was_missed_and_still_exists(account: Account, socket_url: str) -> None:
    channel = await account.ana.create_channel("Vendas", "PRIVATE", memberIds=["bruno"])
    start = await account.bruno.position()
    deleted = await account.ana.send(channel, f"{BRUNO} 1")
    edited = await account.ana.send(channel, "2")
    await account.ana.send(channel, "not for bruno")
    await account.ana.mutate("editChatMessage", "message { id }", messageId=edited, body=f"{BRUNO} 2")
    await account.ana.send(channel, f"{BRUNO} 3")
    await account.ana.mutate("deleteChatMessage", "message { id }", messageId=deleted)
    async with open_socket(socket_url, account.bruno.token) as socket:
        stream = await socket.subscribe(ADDED, since=start)
        events = [await stream.data(), await stream.data()]
        assert [event["notification"]["message"]["body"] for event in events] == [f"{BRUNO} 2", f"{BRUNO} 3"]
        assert events[0]["previousPosition"] == start
        assert events[1]["previousPosition"] == events[0]["position"]
        again = await socket.subscribe(ADDED, since=events[0]["position"])
        assert (await again.data())["notification"]["message"]["body"] == f"{BRUNO} 3"


async def test_quiet_hours_suppress_the_alert_of_live_events(account: Account, socket_url: str) -> None:
    channel = await account.ana.create_channel("Vendas", "PRIVATE", memberIds=["bruno"])
    async with open_socket(socket_url, account.bruno.token) as socket:
        messages, inbox = await socket.subscribe(MESSAGES), await socket.subscribe(INBOX)
        await account.until_subscribed(2)
        await account.ana.send(channel, "ring")
        assert (await messages.data())["alert"] is True
        assert (await inbox.data())["alert"] is True
        until = (datetime.now(UTC) + timedelta(hours=1)).isoformat()
        await account.bruno.mutate("updateChatProfile", "viewer { sendKey }", doNotDisturbUntil=until)
        await account.ana.send(channel, f"{BRUNO}, quietly")
        assert (await messages.data())["alert"] is False
        assert (await inbox.data())["alert"] is False


async def test_reading_a_notification_changes_the_inbox_of_other_devices(account: Account, socket_url: str) -> None:
    channel = await account.ana.create_channel("Vendas", "PRIVATE", memberIds=["bruno"])
    await account.ana.send(channel, BRUNO)
    async with open_socket(socket_url, account.bruno.token) as socket:
        inbox = await socket.subscribe(INBOX)
        await account.until_subscribed()
        await account.bruno.mutate("markChatNotificationsRead", "viewer { unreadNotificationCount }")
        assert await inbox.data() == {"channelId": channel, "alert": False}
