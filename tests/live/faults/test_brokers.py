"""Two servers behind each broker: what is said at one is heard at the other."""

from statistics import median

import pytest

from tests.live.faults.conversation import Conversation, conversation
from tests.live.faults.replicas import Replicas
from tests.support.sockets import open_socket

pytestmark = pytest.mark.long

TYPING = "subscription ($channel: ID!) { chatTyping(channelId: $channel) { agents { id } } }"


async def delays(talk: Conversation) -> list[float]:
    """Ten messages said at `a`, one by one, each heard at `b` before the next."""
    client = talk.listener(at="b")
    talker = talk.talker(at="a")
    await talker.say(1)
    await client.has(1)
    for number in range(2, 12):
        await talker.say(1)
        await client.has(number)
    said = talk.said.acknowledged
    heard = zip(client.heard.bodies, client.heard.moments, strict=True)
    return [moment - said[body] for body, moment in heard][1:]


async def test_without_a_broker_within_two_seconds(without_broker: Replicas) -> None:
    async with conversation(without_broker) as talk:
        assert max(await delays(talk)) < 2
        await talk.settle("no broker at all: two servers, memory://")


async def test_postgres_carries_it_within_100_ms(on_postgres: Replicas) -> None:
    async with conversation(on_postgres) as talk:
        assert median(await delays(talk)) < 0.1
        await talk.settle("none: two servers, postgres://")


@pytest.mark.redis
async def test_redis_carries_it_within_100_ms(on_redis: Replicas) -> None:
    async with conversation(on_redis) as talk:
        assert median(await delays(talk)) < 0.1
        await talk.settle("none: two servers, redis://")


@pytest.mark.parametrize("backend", ["on_postgres", pytest.param("on_redis", marks=pytest.mark.redis)])
async def test_typing_crosses_processes(backend: str, request: pytest.FixtureRequest) -> None:
    pair: Replicas = request.getfixturevalue(backend)
    async with conversation(pair) as talk, open_socket(pair.b.socket_url, talk.account.carla.token) as socket:
        stream = await socket.subscribe(TYPING, channel=talk.channel)
        await stream.nothing()
        await talk.account.bruno.mutate("setChatTyping", "channel { id }", channelId=talk.channel, typing=True)
        assert await stream.data(2) == {"agents": [{"id": "bruno"}]}
