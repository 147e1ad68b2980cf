"""What can happen to Redis while agents talk: it costs them a second at most."""

import asyncio
import signal
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import pytest

from tests.live.faults.conversation import conversation
from tests.live.faults.proxy import Proxy
from tests.live.faults.replicas import Replicas
from tests.live.faults.test_brokers import TYPING
from tests.support.services import RedisServer
from tests.support.sockets import open_socket

pytestmark = [pytest.mark.long, pytest.mark.redis]

WITHOUT_BROKER = 2.0
"""Seconds within which everything must arrive, broker or no broker."""

PACE = 0.05


@pytest.fixture(autouse=True)
async def _all_is_well(on_redis: Replicas) -> AsyncIterator[None]:
    """Each test begins with a broker that both servers hear, and must end with one."""
    await asyncio.gather(on_redis.a.ready(), on_redis.b.ready())
    yield
    await asyncio.gather(on_redis.a.ready(), on_redis.b.ready())


async def test_killed_and_restarted(on_redis: Replicas, redis: RedisServer) -> None:
    async with conversation(on_redis) as talk:
        talk.listener(at="a"), talk.listener(at="b")
        talking = asyncio.create_task(talk.talker(at="a").say(80, PACE))
        await talk.clients[1].has(10)
        await redis.end_by(signal.SIGKILL)
        await talk.clients[1].has(50)
        await redis.start()
        await talking
        finding = await talk.settle("Redis killed (SIGKILL) and restarted")
    assert finding.longest_delay < WITHOUT_BROKER
    assert [client.connections for client in talk.clients] == [1, 1], "no stream noticed"


async def test_what_was_said_to_nobody_is_not_told_later(on_redis: Replicas, redis: RedisServer) -> None:
    """Who typed while Redis was away has stopped when it is back; of two servers the first that is back hears the
    other come."""
    async with conversation(on_redis) as talk, AsyncExitStack() as stack:
        bruno, carla = talk.account.bruno, talk.account.carla
        typing = {"channelId": talk.channel, "typing": True}
        streams = []
        for url in on_redis.socket_urls:
            socket = await stack.enter_async_context(open_socket(url, carla.token))
            streams.append(await socket.subscribe(TYPING, channel=talk.channel))
            await streams[-1].nothing()
        await redis.end_by(signal.SIGKILL)
        await asyncio.gather(on_redis.a.ready(503), on_redis.b.ready(503))
        for server, stream in zip(on_redis.both(bruno), streams, strict=True):
            await server.mutate("setChatTyping", "channel { id }", **typing)
            assert await stream.data() == {"agents": [{"id": "bruno"}]}
        for stream in streams:
            assert await stream.data() == {"agents": []}
        await redis.start()
        await asyncio.gather(on_redis.a.ready(), on_redis.b.ready())
        for stream in streams:
            await stream.nothing(0.5)


async def test_nothing_is_left_open(on_redis: Replicas, redis: RedisServer) -> None:
    """Each time the listening connection breaks, the one that publishes goes with it."""
    before = await redis.client_count()
    for _ in range(4):
        await redis.cut_listeners()
        await asyncio.gather(on_redis.a.ready(503), on_redis.b.ready(503))
        await asyncio.gather(on_redis.a.ready(), on_redis.b.ready())
    assert await redis.client_count() == before


async def test_stopped_in_its_tracks(on_redis: Replicas, redis: RedisServer) -> None:
    async with conversation(on_redis) as talk:
        talk.listener(at="a"), talk.listener(at="b")
        talking = asyncio.create_task(talk.talker(at="a").say(120, PACE))
        await talk.clients[1].has(10)
        redis.send(signal.SIGSTOP)
        try:
            await on_redis.b.ready(503)
            await talk.clients[1].has(90)
        finally:
            redis.send(signal.SIGCONT)
        await talking
        finding = await talk.settle("Redis stopped (SIGSTOP) for seconds")
    assert finding.longest_delay < WITHOUT_BROKER
    assert talk.said.slowest_answer < 1
    assert [client.connections for client in talk.clients] == [1, 1]


async def test_connections_killed(on_redis: Replicas, redis: RedisServer) -> None:
    async with conversation(on_redis) as talk:
        talk.listener(at="a"), talk.listener(at="b")
        talking = asyncio.create_task(talk.talker(at="a").say(60, PACE))
        for heard in (10, 25, 40):
            await talk.clients[1].has(heard)
            await redis.cut_clients()
        await talking
        finding = await talk.settle("Redis' connections killed (CLIENT KILL), three times")
    assert finding.longest_delay < WITHOUT_BROKER


async def test_a_network_that_swallows_everything(on_redis: Replicas, wire: Proxy) -> None:
    async with conversation(on_redis) as talk:
        talk.listener(at="a"), talk.listener(at="b")
        talking = asyncio.create_task(talk.talker(at="a").say(120, PACE))
        await talk.clients[1].has(10)
        wire.passing.clear()
        try:
            await asyncio.gather(on_redis.a.ready(503), on_redis.b.ready(503))
            await talk.clients[1].has(90)
        finally:
            wire.passing.set()
        await talking
        finding = await talk.settle("the network to Redis a black hole for seconds")
    assert finding.longest_delay < WITHOUT_BROKER
    assert talk.said.slowest_answer < 1, "a broker that is down never delays a mutation"


async def test_a_network_that_is_cut_and_slow(on_redis: Replicas, wire: Proxy) -> None:
    async with conversation(on_redis) as talk:
        talk.listener(at="a"), talk.listener(at="b")
        talking = asyncio.create_task(talk.talker(at="a").say(60, PACE))
        await talk.clients[1].has(10)
        wire.latency = 0.3
        await talk.clients[1].has(25)
        wire.reset()
        await talk.clients[1].has(40)
        wire.latency = 0.0
        await talking
        finding = await talk.settle("the network to Redis slow (0.3 s each way), then reset")
    assert finding.longest_delay < WITHOUT_BROKER
    assert talk.said.slowest_answer < 1
