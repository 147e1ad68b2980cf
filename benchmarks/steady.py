"""How late messages are on a busy day: many channels at a steady rate, for agents whose streams cover all of them.

First the rate is found that the server sustains. Then half of it is sent, and at least MINIMUM_RATE.
"""

import asyncio
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from rich.table import Table
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine

from benchmarks.deliveries import Delay, send_continuously
from benchmarks.environment import Environment
from benchmarks.history import MESSAGE
from benchmarks.layouts import Layout, create_layout
from benchmarks.processes import chat_process, http_client
from benchmarks.stream_clients import TEXT, Post, graphql_post, init_frame
from benchmarks.subscribers import DeliveryLog, StreamClient, connected
from chat.positions import encode_position
from models import Agent, Member
from models.enums import MemberRole
from server.addresses import async_url

CHANNELS = (30, 500)
WATCHERS = 6
"""Agents who are members of all channels, each with one stream of all of them."""

WRITERS = 30
MINIMUM_RATE = 50.0
SECONDS = 10.0
STREAM = f"""
subscription Live($since: String) {{
  chatMessageAdded(since: $since) {{ message {{ ...MessageFields }} alert position }}
}}
{MESSAGE}
"""


@dataclass(frozen=True)
class Lateness:
    """`sustained` and `rate` are messages per second."""

    sustained: float
    rate: float
    since_acknowledged: Delay
    since_sent: Delay


async def steady_table(environment: Environment) -> Table:
    """Measures the lateness with different numbers of channels and returns it as a table."""
    table = Table(title=f"Many channels at a steady rate, {WATCHERS} sockets that cover all of them")
    for column in ("channels", "sustained\nposts per s", "posts\nper s"):
        table.add_column(column, justify="right")
    for since in ("acknowledged", "sent"):
        table.add_column(f"ms since\n{since} p50", justify="right")
        table.add_column("p99", justify="right")
    for channels in CHANNELS:
        lateness = await _measure(environment, channels)
        delays = [lateness.since_acknowledged, lateness.since_sent]
        table.add_row(
            f"{channels}",
            f"{lateness.sustained:.0f}",
            f"{lateness.rate:.0f}",
            *(f"{seconds * 1000:.1f}" for delay in delays for seconds in (delay.p50, delay.p99)),
        )
    return table


async def _measure(environment: Environment, channels: int) -> Lateness:
    layout = await create_layout(environment, f"steady-{channels}", channels, 1)
    await _add_watchers(environment, layout)
    log = DeliveryLog(WATCHERS)
    async with chat_process(environment) as server, http_client(server.port) as http:
        post = graphql_post(environment, layout, TEXT, http)
        async with connected(_clients(environment, layout, server.port), log):
            warm_up, full_speed = range(100), range(100, 600)
            await send_continuously(warm_up, log, post, WRITERS)
            await send_continuously(full_speed, log, post, WRITERS)
            sustained = len(full_speed) / log.total_seconds(full_speed)
            rate = max(MINIMUM_RATE, sustained / 2)
            steady = range(full_speed.stop, full_speed.stop + int(rate * SECONDS))
            await _send_at_rate(steady, rate, log, post)
    return Lateness(
        sustained,
        rate,
        Delay.of(log.seconds_since_acknowledged(steady)),
        Delay.of(log.seconds_since_sent(steady)),
    )


async def _send_at_rate(numbers: range, rate: float, log: DeliveryLog, post: Post) -> None:
    """Sends each message at its time, whether or not earlier ones have been acknowledged."""
    loop = asyncio.get_running_loop()
    begun = loop.time()
    async with asyncio.TaskGroup() as sending:
        for place, number in enumerate(numbers):
            await asyncio.sleep(begun + place / rate - loop.time())
            sending.create_task(log.send(number, post))
    await log.wait_for(numbers)


async def _add_watchers(environment: Environment, layout: Layout) -> None:
    engine = create_async_engine(async_url(environment.database_url))
    ids = _watchers()
    async with AsyncSession(engine) as session, session.begin():
        session.add_all(
            Agent(account_id=layout.account_id, agent_id=agent_id, name=agent_id, sort_name=agent_id)
            for agent_id in ids
        )
        await session.flush()
        session.add_all(
            Member(
                account_id=layout.account_id,
                channel_id=channel_id,
                agent_id=agent_id,
                role=MemberRole.MEMBER,
                joined_at=datetime.now(UTC),
            )
            for channel_id in layout.channel_ids
            for agent_id in ids
        )
    await engine.dispose()


def _clients(environment: Environment, layout: Layout, port: int) -> Sequence[StreamClient]:
    payload = {"query": STREAM, "variables": {"since": encode_position(layout.account_id, 0)}}
    subscribe = json.dumps({"id": "1", "type": "subscribe", "payload": payload})
    return [
        StreamClient(
            f"ws://127.0.0.1:{port}/graphql",
            0,
            TEXT.variants[0],
            init_frame(environment, layout.account_id, agent_id),
            subscribe,
        )
        for agent_id in _watchers()
    ]


def _watchers() -> list[str]:
    return [f"watcher-{number}" for number in range(WATCHERS)]
