"""Faults of Redis while messages are sent: they delay deliveries by two seconds at most."""

import asyncio
import signal
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import pytest

from tests.live.faults.clients import until_delivered
from tests.live.faults.conversation import open_conversation
from tests.live.faults.proxy import Proxy
from tests.live.faults.replicas import Replicas
from tests.live.faults.test_brokers import TYPING
from tests.support.api import Json
from tests.support.services import RedisServer
from tests.support.sockets import open_socket

pytestmark = [pytest.mark.long, pytest.mark.redis]

WITHOUT_BROKER = 2.0
"""Seconds within which every message must be delivered, even without a broker."""

PACE = 0.05


@pytest.fixture(autouse=True)
async def _servers_are_ready(on_redis: Replicas) -> AsyncIterator[None]:
    """Before and after each test, both servers are connected to the broker."""
    await asyncio.gather(on_redis.a.ready(), on_redis.b.ready())
    yield
    await asyncio.gather(on_redis.a.ready(), on_redis.b.ready())


async def test_a_restart_of_redis(on_redis: Replicas, redis: RedisServer) -> None:
    async with open_conversation(on_redis) as conversation:
        conversation.client(at="a"), conversation.client(at="b")
        sending = asyncio.create_task(conversation.sender(at="a").send_many(80, PACE))
        await conversation.clients[1].has_received(10)
        await redis.end_by(signal.SIGKILL)
        await conversation.clients[1].has_received(50)
        await redis.start()
        await sending
        finding = await conversation.check_deliveries("Redis killed (SIGKILL) and restarted")
    assert finding.longest_delay < WITHOUT_BROKER
    assert [client.connections for client in conversation.clients] == [1, 1], "no stream was interrupted"


async def test_signals_published_while_redis_was_down_are_not_delivered_later(
    on_redis: Replicas, redis: RedisServer
) -> None:
    """An agent who was typing then has stopped since. Of the two servers, the one that reconnects first could receive
    what the other one publishes when it reconnects."""
    async with open_conversation(on_redis) as conversation, AsyncExitStack() as stack:
        ana, bruno, carla = conversation.account.ana, conversation.account.bruno, conversation.account.carla
        typing: Json = {"channelId": conversation.channel, "typing": True}
        stopped: Json = {"channelId": conversation.channel, "typing": False}
        streams = []
        for url in on_redis.socket_urls:
            socket = await stack.enter_async_context(open_socket(url, carla.token))
            stream = await socket.subscribe(TYPING, channel=conversation.channel)
            await until_delivered(stream, lambda: bruno.mutate("setChatTyping", "channel { id }", **typing))
            streams.append(stream)
        await bruno.mutate("setChatTyping", "channel { id }", **stopped)
        for stream in streams:
            while await stream.data() != {"agents": []}:
                pass
        await redis.end_by(signal.SIGKILL)
        await asyncio.gather(on_redis.a.ready(503), on_redis.b.ready(503))
        for caller, stream in zip(on_redis.both(bruno), streams, strict=True):
            await caller.mutate("setChatTyping", "channel { id }", **typing)
            assert await stream.data() == {"agents": [{"id": "bruno"}]}
        for stream in streams:
            assert await stream.data() == {"agents": []}
        await redis.start()
        await asyncio.gather(on_redis.a.ready(), on_redis.b.ready())
        await ana.mutate("setChatTyping", "channel { id }", **typing)
        for stream in streams:
            assert await stream.data() == {"agents": [{"id": "ana"}]}


async def test_reconnecting_leaves_no_connection_open(on_redis: Replicas, redis: RedisServer) -> None:
    """When the subscribing connection breaks, the publishing one is closed too."""
    before = await redis.client_count()
    for _ in range(4):
        await redis.close_subscribers()
        await asyncio.gather(on_redis.a.ready(503), on_redis.b.ready(503))
        await asyncio.gather(on_redis.a.ready(), on_redis.b.ready())
    assert await redis.client_count() == before


async def test_a_frozen_redis(on_redis: Replicas, redis: RedisServer) -> None:
    async with open_conversation(on_redis) as conversation:
        conversation.client(at="a"), conversation.client(at="b")
        sending = asyncio.create_task(conversation.sender(at="a").send_many(120, PACE))
        await conversation.clients[1].has_received(10)
        redis.send(signal.SIGSTOP)
        try:
            await on_redis.b.ready(503)
            await conversation.clients[1].has_received(90)
        finally:
            redis.send(signal.SIGCONT)
        await sending
        finding = await conversation.check_deliveries("Redis stopped (SIGSTOP) for seconds")
    assert finding.longest_delay < WITHOUT_BROKER
    assert conversation.send_log.slowest_answer < 1
    assert [client.connections for client in conversation.clients] == [1, 1]


async def test_killed_connections(on_redis: Replicas, redis: RedisServer) -> None:
    async with open_conversation(on_redis) as conversation:
        conversation.client(at="a"), conversation.client(at="b")
        sending = asyncio.create_task(conversation.sender(at="a").send_many(60, PACE))
        for received in (10, 25, 40):
            await conversation.clients[1].has_received(received)
            await redis.close_clients()
        await sending
        finding = await conversation.check_deliveries("Redis' connections killed (CLIENT KILL), three times")
    assert finding.longest_delay < WITHOUT_BROKER


async def test_a_silent_network(on_redis: Replicas, wire: Proxy) -> None:
    async with open_conversation(on_redis) as conversation:
        conversation.client(at="a"), conversation.client(at="b")
        sending = asyncio.create_task(conversation.sender(at="a").send_many(120, PACE))
        await conversation.clients[1].has_received(10)
        wire.passing.clear()
        try:
            await asyncio.gather(on_redis.a.ready(503), on_redis.b.ready(503))
            await conversation.clients[1].has_received(90)
        finally:
            wire.passing.set()
        await sending
        finding = await conversation.check_deliveries("the network to Redis a black hole for seconds")
    assert finding.longest_delay < WITHOUT_BROKER
    assert conversation.send_log.slowest_answer < 1, "a broker that is down does not delay mutations"


async def test_a_slow_and_interrupted_network(on_redis: Replicas, wire: Proxy) -> None:
    async with open_conversation(on_redis) as conversation:
        conversation.client(at="a"), conversation.client(at="b")
        sending = asyncio.create_task(conversation.sender(at="a").send_many(60, PACE))
        await conversation.clients[1].has_received(10)
        wire.latency = 0.3
        await conversation.clients[1].has_received(25)
        wire.reset()
        await conversation.clients[1].has_received(40)
        wire.latency = 0.0
        await sending
        finding = await conversation.check_deliveries("the network to Redis slow (0.3 s each way), then reset")
    assert finding.longest_delay < WITHOUT_BROKER
    assert conversation.send_log.slowest_answer < 1
