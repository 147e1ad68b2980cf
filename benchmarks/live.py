"""The cost of live streams: deliveries per second, latency, memory per socket, processor time, SQL statements.

For comparison, a bare socket server sends the same frames to the same number of clients on the same machine in the
same run. The ratio of the two figures is the cost of the chat itself.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from statistics import quantiles

import httpx
import uvicorn
from pydantic import SecretStr
from rich.console import Console
from rich.table import Table

from benchmarks.environment import Client, Environment, counted_statements
from benchmarks.history import MESSAGE
from benchmarks.layouts import Layout, create_layout
from benchmarks.processes import ServerProcess, bare_process, chat_process, free_port, wait_until_answering
from benchmarks.subscribers import DeliveryLog, StreamClient, connected, message_body, renumber
from chat.positions import encode_position
from server.app import create_app
from server.http.connections import SocketProtocol
from server.identity.tokens import issue_token
from server.settings import Settings

STREAM = f"""
subscription Live($channelId: ID!, $since: String) {{
  chatMessageAdded(channelId: $channelId, since: $since) {{ message {{ ...MessageFields }} alert position }}
}}
{MESSAGE}
"""

SEND = """
mutation Send($input: SendChatMessageInput!) {
  sendChatMessage(input: $input) { message { id } userErrors { code } }
}
"""

FEW_SUBSCRIBERS = 10
WRITERS = 8
WARM_UP = 5
"""Messages per writer before anything is measured."""

MEMBERS_OF_MANY = 4
"""Members per channel in the layout with many channels."""

COUNTED = 5
"""Messages whose SQL statements are counted."""

Post = Callable[[int], Awaitable[None]]
"""Sends the message with this number."""


@dataclass(frozen=True)
class Measurement:
    """The figures of one server with one layout, in seconds and bytes."""

    server: str
    deliveries_per_second: float
    since_acknowledged: list[float]
    since_sent: list[float]
    memory_per_socket: float
    processor_per_delivery: float
    """Processor time of the server while all writers send without pause."""


async def run(environment: Environment) -> None:
    console = Console(highlight=False, soft_wrap=True, width=120)
    environment = _with_secret(environment)
    options = environment.options
    one = await create_layout(environment, "one", 1, options.sockets)
    many = await create_layout(environment, "many", options.channels, MEMBERS_OF_MANY)
    for layout, posts in ((one, options.posts), (many, options.posts * 10)):
        warm_up = await create_layout(environment, f"{layout.account_id}-warm", 1, FEW_SUBSCRIBERS)
        chat, frame = await _measure_chat(environment, layout, warm_up, posts)
        bare = await _measure_bare(layout, warm_up, posts, frame)
        console.print(_table(layout, posts, len(frame), [chat, bare]))
    counted = await create_layout(environment, "counted", 1, options.sockets)
    console.print(await _count_statements(environment, counted))


def _with_secret(environment: Environment) -> Environment:
    """Returns the environment with a token secret, which disables the server's demo."""
    settings = Settings(
        data_dir=environment.settings.data_dir, jwt_secret=SecretStr("a secret that only this benchmark uses")
    )
    return Environment(environment.options, settings, environment.database_url)


async def _measure_chat(
    environment: Environment, layout: Layout, warm_up: Layout, posts: int
) -> tuple[Measurement, str]:
    """Returns the measurement and one of the frames, for the bare server to send."""
    async with chat_process(environment) as server, _http(server.port) as http:
        await _warm_up(
            warm_up, _chat_clients(environment, warm_up, server.port), _chat_post(environment, warm_up, http)
        )
        log = DeliveryLog(layout.members)
        clients = _chat_clients(environment, layout, server.port)
        measurement = await _measure("chat", server, clients, log, _chat_post(environment, layout, http), posts)
        return measurement, log.last_frame


async def _measure_bare(layout: Layout, warm_up: Layout, posts: int, frame: str) -> Measurement:
    async with bare_process() as server, _http(server.port) as http:
        await _warm_up(warm_up, _bare_clients(warm_up, server.port), _bare_post(warm_up, http, frame))
        clients = _bare_clients(layout, server.port)
        log = DeliveryLog(layout.members)
        return await _measure("bare", server, clients, log, _bare_post(layout, http, frame), posts)


async def _warm_up(layout: Layout, clients: list[StreamClient], post: Post) -> None:
    """Lets the server open connections, prepare statements, parse documents and import modules before measuring."""
    log = DeliveryLog(layout.members)
    numbers = range(WARM_UP * WRITERS)
    async with connected(clients, log):
        for number in numbers:
            await log.send(number, post)
        await log.wait_for(numbers)


async def _measure(
    name: str, server: ServerProcess, clients: list[StreamClient], log: DeliveryLog, post: Post, posts: int
) -> Measurement:
    await server.wait_until_idle()
    memory_before = server.memory
    async with connected(clients, log):
        await server.wait_until_idle()
        memory = (server.memory - memory_before) / len(clients)
        single = range(WARM_UP, WARM_UP + posts)
        for number in (*range(WARM_UP), *single):
            await log.send(number, post)
            await log.wait_for([number])
        processor_before = server.processor_seconds
        continuous = range(single.stop, single.stop + posts)
        await _send_continuously(continuous, log, post)
        deliveries = len(continuous) * log.subscribers
        return Measurement(
            name,
            deliveries / log.total_seconds(continuous),
            log.seconds_since_acknowledged(single),
            log.seconds_since_sent(single),
            memory,
            (server.processor_seconds - processor_before) / deliveries,
        )


async def _send_continuously(numbers: range, log: DeliveryLog, post: Post) -> None:
    """Lets several writers send the messages without pause. Returns once every subscriber has received all of them."""
    remaining = iter(numbers)

    async def write() -> None:
        for number in remaining:
            await log.send(number, post)

    await asyncio.gather(*(write() for _ in range(WRITERS)))
    await log.wait_for(numbers)


@asynccontextmanager
async def _http(port: int) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=60) as http:
        yield http


def _chat_clients(
    environment: Environment, layout: Layout, port: int, members: int | None = None, since: int = 0
) -> list[StreamClient]:
    """Returns one client per socket. All streams start after the same change, so that they deliver the same messages
    whenever they were opened."""
    return [
        StreamClient(
            f"ws://127.0.0.1:{port}/graphql",
            _init_frame(environment, layout, channel, member),
            _subscribe_frame(layout, channel, since),
        )
        for channel in range(len(layout.channel_ids))
        for member in range(members or layout.members)
    ]


def _init_frame(environment: Environment, layout: Layout, channel: int, member: int) -> str:
    agent_id = layout.agent_id(channel, member)
    token = issue_token(environment.settings, layout.account_id, agent_id, timedelta(hours=2))
    return json.dumps({"type": "connection_init", "payload": {"authorization": f"Bearer {token}"}})


def _subscribe_frame(layout: Layout, channel: int, since: int) -> str:
    variables = {
        "channelId": layout.public_channel_id(channel),
        "since": encode_position(layout.account_id, since),
    }
    return json.dumps({"id": "1", "type": "subscribe", "payload": {"query": STREAM, "variables": variables}})


def _chat_post(environment: Environment, layout: Layout, http: httpx.AsyncClient) -> Post:
    writers = [
        Client.of(http, environment.settings, layout.account_id, layout.agent_id(channel, 0))
        for channel in range(len(layout.channel_ids))
    ]

    async def post(number: int) -> None:
        channel = layout.channel_of_message(number)
        answer = await writers[channel].execute(
            SEND,
            input={
                "channelId": layout.public_channel_id(channel),
                "body": message_body(number),
                "clientKey": str(number),
            },
        )
        assert answer["sendChatMessage"]["userErrors"] == []

    return post


def _bare_clients(layout: Layout, port: int) -> list[StreamClient]:
    channels = range(len(layout.channel_ids))
    return [StreamClient(f"ws://127.0.0.1:{port}/{channel}") for channel in channels for _ in range(layout.members)]


def _bare_post(layout: Layout, http: httpx.AsyncClient, frame: str) -> Post:
    async def post(number: int) -> None:
        response = await http.post(f"/{layout.channel_of_message(number)}", content=renumber(frame, number))
        response.raise_for_status()

    return post


class ServerWithoutSignals(uvicorn.Server):
    """Leaves SIGINT and SIGTERM to the benchmark."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


async def _count_statements(environment: Environment, layout: Layout) -> str:
    """Runs the server in this process, where its statements can be counted, with no, few and many subscribers."""
    app = create_app(environment.settings, environment.database_url)
    pool = app.state.pool
    counts: dict[int, float] = {}
    port = free_port()
    config = uvicorn.Config(app, port=port, ws=SocketProtocol, ws_per_message_deflate=False, log_level="warning")
    server = ServerWithoutSignals(config)
    async with asyncio.TaskGroup() as tasks, _http(port) as http:
        tasks.create_task(server.serve())
        await wait_until_answering(port)
        post = _chat_post(environment, layout, http)
        number = 0
        for subscribers in (0, FEW_SUBSCRIBERS, layout.members):
            log = DeliveryLog(subscribers)
            clients = _chat_clients(environment, layout, port, subscribers, since=number) if subscribers else []
            async with connected(clients, log):
                number = await _send_one_by_one(range(number, number + 2), log, post)
                with counted_statements(pool) as statements:
                    number = await _send_one_by_one(range(number, number + COUNTED), log, post)
                counts[subscribers] = len(statements) / COUNTED
        server.should_exit = True
    figures = ", ".join(f"{count:g} with {subscribers:,} subscribers" for subscribers, count in counts.items())
    return f"SQL statements per message, including those that write it: {figures}"


async def _send_one_by_one(numbers: range, log: DeliveryLog, post: Post) -> int:
    """Returns the number of the next message."""
    for number in numbers:
        await log.send(number, post)
        if log.subscribers:
            await log.wait_for([number])
    return numbers.stop


def _table(layout: Layout, posts: int, frame_bytes: int, measurements: list[Measurement]) -> Table:
    table = Table(
        title=f"{layout.title}; {posts:,} messages one at a time, {posts:,} without pause;"
        f" frames of {frame_bytes:,} bytes"
    )
    table.add_column("server")
    table.add_column("deliveries\nper s", justify="right")
    for since in ("acknowledged", "sent"):
        table.add_column(f"ms since\n{since} p50", justify="right")
        table.add_column("p99", justify="right")
    table.add_column("µs CPU per\ndelivery", justify="right")
    table.add_column("KiB per\nsocket", justify="right")
    rows = [
        (
            each.deliveries_per_second,
            *_percentiles(each.since_acknowledged),
            *_percentiles(each.since_sent),
            each.processor_per_delivery * 1_000_000,
            each.memory_per_socket / 1024,
        )
        for each in measurements
    ]
    for each, row in zip(measurements, rows, strict=True):
        table.add_row(each.server, f"{row[0]:,.0f}", *(f"{value:.1f}" for value in row[1:]))
    table.add_row("ratio", *(_ratio(chat, bare) for chat, bare in zip(*rows, strict=True)))
    return table


def _ratio(chat: float, bare: float) -> str:
    """Returns an empty text if the bare server's figure is negligible: frames can arrive before the acknowledgement."""
    return f"{chat / bare:.2f}" if bare > 0.5 else ""


def _percentiles(seconds: list[float]) -> tuple[float, float]:
    """Returns p50 and p99 in milliseconds."""
    cuts = quantiles(seconds, n=100, method="inclusive")
    return cuts[49] * 1000, cuts[98] * 1000
