"""What can happen to Redis while people talk: it costs them a second at most."""

import asyncio
import signal
from collections.abc import AsyncIterator

import pytest

from tests.faults.conversation import conversation
from tests.faults.parts import RedisServer
from tests.faults.proxy import Proxy
from tests.faults.replicas import Replicas

pytestmark = pytest.mark.redis

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
