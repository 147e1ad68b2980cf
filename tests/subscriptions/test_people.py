"""chatTyping and chatPresenceChanged."""

from tests.support.api import Account
from tests.support.sockets import open_socket

TYPING = "subscription ($channel: ID!) { chatTyping(channelId: $channel) { agents { name } } }"
PRESENCE = "subscription ($agents: [ID!]!) { chatPresenceChanged(agentIds: $agents) { id presence } }"


async def test_typing_is_reported_without_the_viewer_and_expires(account: Account, socket_url: str) -> None:
    channel = await account.ana.create_channel("Room", memberIds=["bruno", "carla"])
    async with open_socket(socket_url, account.bruno.token) as socket:
        stream = await socket.subscribe(TYPING, channel=channel)
        await account.until_subscribed()
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
        stream = await socket.subscribe(PRESENCE, agents=["carla"])
        await account.until_subscribed()
        async with open_socket(socket_url, account.carla.token):
            assert await stream.data() == {"id": "carla", "presence": "ONLINE"}
            await account.carla.mutate("setChatPresence", "viewer { agent { presence } }", presence="BUSY")
            assert await stream.data() == {"id": "carla", "presence": "BUSY"}
        assert await stream.data(30) == {"id": "carla", "presence": "OFFLINE"}
