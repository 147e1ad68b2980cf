"""Two servers with each broker: messages sent at one server are delivered at the other."""

from statistics import median

import pytest

from tests.live.faults.clients import until_delivered
from tests.live.faults.conversation import Conversation, open_conversation
from tests.live.faults.replicas import Replicas
from tests.support.sockets import open_socket

pytestmark = pytest.mark.long

THROUGH_BROKER = 0.3
"""Seconds. Without a broker, a server learns of changes once a second."""

TYPING = "subscription ($channel: ID!) { chatTyping(channelId: $channel) { agents { id } } }"


async def delays(conversation: Conversation) -> list[float]:
    """Sends ten messages at server a, each after the previous one was received at server b, and returns their
    delays."""
    client = conversation.client(at="b")
    sender = conversation.sender(at="a")
    await sender.send_many(1)
    await client.has_received(1)
    for number in range(2, 12):
        await sender.send_many(1)
        await client.has_received(number)
    sent = conversation.send_log.acknowledged
    received = zip(client.received.bodies, client.received.moments, strict=True)
    return [moment - sent[body] for body, moment in received][1:]


async def test_without_a_broker_messages_are_delivered_by_comparing_clocks(without_broker: Replicas) -> None:
    async with open_conversation(without_broker) as conversation:
        assert max(await delays(conversation)) < 2
        await conversation.check_deliveries("no broker at all: two servers, memory://")


async def test_messages_are_delivered_through_postgres(on_postgres: Replicas) -> None:
    async with open_conversation(on_postgres) as conversation:
        assert median(await delays(conversation)) < THROUGH_BROKER
        await conversation.check_deliveries("none: two servers, postgres://")


@pytest.mark.redis
async def test_messages_are_delivered_through_redis(on_redis: Replicas) -> None:
    async with open_conversation(on_redis) as conversation:
        assert median(await delays(conversation)) < THROUGH_BROKER
        await conversation.check_deliveries("none: two servers, redis://")


@pytest.mark.parametrize("backend", ["on_postgres", pytest.param("on_redis", marks=pytest.mark.redis)])
async def test_typing_is_delivered_at_the_other_server(backend: str, request: pytest.FixtureRequest) -> None:
    pair: Replicas = request.getfixturevalue(backend)
    async with open_conversation(pair) as conversation:
        carla, bruno = conversation.account.carla, conversation.account.bruno
        async with open_socket(pair.b.socket_url, carla.token) as socket:
            stream = await socket.subscribe(TYPING, channel=conversation.channel)
            typing = {"channelId": conversation.channel, "typing": True}
            delivered = await until_delivered(stream, lambda: bruno.mutate("setChatTyping", "channel { id }", **typing))
            assert delivered == {"agents": [{"id": "bruno"}]}
