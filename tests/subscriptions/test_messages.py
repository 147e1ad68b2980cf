"""chatMessageAdded of one channel: what arrives, what does not, and how it ends."""

import time

from tests.support.api import Account
from tests.support.sockets import open_socket

ADDED = """subscription ($channel: ID!, $since: String) {
  chatMessageAdded(channelId: $channel, since: $since) {
    message { id seq body author { name } systemEvent { kind } } alert position
  }
}"""


async def test_a_message_arrives_within_100_ms(account: Account, socket_url: str) -> None:
    """The quickest of five: a busy machine may delay one, but not all of them."""
    channel = await account.ana.create_channel("Equipe", "PRIVATE", memberIds=["bruno", "carla"])
    async with open_socket(socket_url, account.carla.token) as socket:
        stream = await socket.subscribe(ADDED, channel=channel)
        await stream.nothing()
        delays = []
        for number in range(5):
            sent = time.perf_counter()
            await account.bruno.send(channel, f"Bom dia {number}")
            event = await stream.data()
            delays.append(time.perf_counter() - sent)
            assert event["message"]["body"] == f"Bom dia {number}"
            assert event["alert"] is True
        assert min(delays) < 0.1


async def test_a_stream_resumes_where_it_was(account: Account, socket_url: str) -> None:
    channel = await account.ana.create_channel("Equipe", "PRIVATE", memberIds=["bruno", "carla"])
    position = (await account.carla.read(channel, "position"))["position"]
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
        await again.nothing()


async def test_a_removed_member_is_told_and_hears_no_more(account: Account, socket_url: str) -> None:
    channel = await account.ana.create_channel("Equipe", "PRIVATE", memberIds=["bruno", "carla"])
    async with open_socket(socket_url, account.carla.token) as socket:
        stream = await socket.subscribe(ADDED, channel=channel)
        await stream.nothing()
        await account.bruno.send(channel, "before")
        assert (await stream.data())["message"]["body"] == "before"
        await account.ana.mutate("removeChatMember", "channel { id }", channelId=channel, agentId="carla")
        await account.bruno.send(channel, "after")
        told = await stream.next()
        if "errors" not in told:
            assert told["data"]["chatMessageAdded"]["message"]["systemEvent"] == {"kind": "REMOVED"}
            told = await stream.next()
        assert told["errors"][0]["extensions"]["code"] == "ACCESS_LOST"
