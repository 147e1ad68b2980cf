"""What live streams cost: how many deliveries, how soon, how much memory, how many SQL statements.

Beside each figure stands that of a bare socket server, which sends the same frames to as many clients on the same
machine in the same run: the ratio is what the chat costs.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from statistics import quantiles
from uuid import UUID

import httpx
import uvicorn
from pydantic import SecretStr
from rich.console import Console
from rich.table import Table
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine
from uuid_utils.compat import uuid7

from benchmarks.audience import Board, Seat, audience, body, other_frame
from benchmarks.history import MESSAGE
from benchmarks.place import Client, Place, counted_statements
from benchmarks.processes import Running, answering, bare_process, chat_process, free_port
from chat.naming import fold
from chat.positions import encode_position
from models import Account, AccountClock, Agent, Channel, Member
from models.enums import ChannelKind, MemberRole
from server.app import create_app
from server.http.connections import SocketProtocol
from server.identity.tokens import issue_token
from server.settings import Settings, async_url

STREAM = f"""
subscription Live($channelId: ID!, $since: String) {{
  chatMessageAdded(channelId: $channelId, since: $since) {{ message {{ ...Shown }} alert position }}
}}
{MESSAGE}
"""

SEND = """
mutation Send($input: SendChatMessageInput!) {
  sendChatMessage(input: $input) { message { id } userErrors { code } }
}
"""

FEW = 10
WRITERS = 8
WARM_UP = 5
PER_CHANNEL = 4
COUNTED = 5
"""Messages whose SQL statements are counted."""

BACKGROUND = ("FROM account_clocks", "presences")
"""What the looks at the clocks and at who is there read, whatever is said."""

Post = Callable[[int], Awaitable[None]]


@dataclass(frozen=True)
class Room:
    """An account made for one layout: in each channel as many members, each with one socket, the first one writing."""

    account_id: str
    channel_ids: list[UUID]
    members: int

    @property
    def sockets(self) -> int:
        return len(self.channel_ids) * self.members

    @property
    def title(self) -> str:
        channels = len(self.channel_ids)
        return f"{channels:,} channel{'s' if channels > 1 else ''}, {self.members:,} sockets each"

    def agent_id(self, channel: int, member: int) -> str:
        return f"agent-{channel * self.members + member:05}"

    def channel(self, number: int) -> int:
        """Where message `number` goes."""
        return number % len(self.channel_ids)


@dataclass(frozen=True)
class Measured:
    """Of one server in one layout; seconds and bytes."""

    name: str
    rate: float
    since_acknowledged: list[float]
    since_sent: list[float]
    memory: float
    processor: float
    """Spent by the server's process per delivery, flat out."""


async def run(place: Place) -> None:
    console = Console(highlight=False, soft_wrap=True, width=120)
    place = _with_secret(place)
    options = place.options
    one = await _furnish(place, "one", 1, options.sockets)
    many = await _furnish(place, "many", options.channels, PER_CHANNEL)
    for room, posts in ((one, options.posts), (many, options.posts * 10)):
        warm = await _furnish(place, f"{room.account_id}-warm", 1, FEW)
        chat, frame = await _measure_chat(place, room, warm, posts)
        bare = await _measure_bare(place, room, warm, posts, frame)
        console.print(_table(room, posts, len(frame), [chat, bare]))
    counted = await _furnish(place, "counted", 1, options.sockets)
    console.print(await _statements(place, counted))


def _with_secret(place: Place) -> Place:
    """The same place, with settings that a server of its own accepts: no demo, whose items nobody asked for."""
    settings = Settings(
        data_dir=place.settings.data_dir, jwt_secret=SecretStr("a secret of this bench, and of no other")
    )
    return Place(place.options, settings, place.database_url)


async def _furnish(place: Place, account_id: str, channels: int, members: int) -> Room:
    room = Room(account_id, [uuid7() for _ in range(channels)], members)
    engine = create_async_engine(async_url(place.database_url))
    async with AsyncSession(engine) as session, session.begin():
        now = datetime.now(UTC)
        session.add(Account(account_id=account_id, name=account_id, chat_enabled=True, created_at=now))
        session.add(AccountClock(account_id=account_id))
        await session.flush()
        for channel in range(channels):
            for member in range(members):
                name = f"Agent {channel:03}-{member:04}"
                agent_id = room.agent_id(channel, member)
                session.add(Agent(account_id=account_id, agent_id=agent_id, name=name, sort_name=fold(name)))
        await session.flush()
        for channel, channel_id in enumerate(room.channel_ids):
            name = f"Channel {channel:04}"
            session.add(
                Channel(
                    account_id=account_id,
                    channel_id=channel_id,
                    kind=ChannelKind.PRIVATE,
                    name=name,
                    sort_name=fold(name),
                    created_by=room.agent_id(channel, 0),
                    created_at=now,
                    last_activity_at=now,
                    member_count=members,
                )
            )
        await session.flush()
        for channel, channel_id in enumerate(room.channel_ids):
            for member in range(members):
                session.add(
                    Member(
                        account_id=account_id,
                        channel_id=channel_id,
                        agent_id=room.agent_id(channel, member),
                        role=MemberRole.MEMBER if member else MemberRole.OWNER,
                        joined_at=now,
                    )
                )
    await engine.dispose()
    return room


async def _measure_chat(place: Place, room: Room, warm: Room, posts: int) -> tuple[Measured, str]:
    """Returns a frame too, for the bare server to send."""
    async with chat_process(place) as running, _http(running.port) as http:
        await _warm_up(warm, _chat_seats(place, warm, running.port), _chat_post(place, warm, http))
        board = Board(room.members)
        seats = _chat_seats(place, room, running.port)
        measured = await _measure("chat", running, seats, board, _chat_post(place, room, http), posts)
        return measured, board.frame


async def _measure_bare(place: Place, room: Room, warm: Room, posts: int, frame: str) -> Measured:
    async with bare_process(place) as running, _http(running.port) as http:
        await _warm_up(warm, _bare_seats(warm, running.port), _bare_post(warm, http, frame))
        seats = _bare_seats(room, running.port)
        return await _measure("bare", running, seats, Board(room.members), _bare_post(room, http, frame), posts)


async def _warm_up(warm: Room, seats: list[Seat], post: Post) -> None:
    """Connections, prepared statements, parsed documents and lazy imports come to be in it."""
    board = Board(warm.members)
    async with audience(seats, board):
        for number in range(WARM_UP * WRITERS):
            await board.send(number, post)
        await board.everybody(range(WARM_UP * WRITERS))


async def _measure(name: str, running: Running, seats: list[Seat], board: Board, post: Post, posts: int) -> Measured:
    await running.quiet()
    before = running.memory
    async with audience(seats, board):
        await running.quiet()
        memory = (running.memory - before) / len(seats)
        unmeasured, single = range(WARM_UP), range(WARM_UP, WARM_UP + posts)
        flat_out = range(single.stop, single.stop + posts)
        for number in (*unmeasured, *single):
            await board.send(number, post)
            await board.everybody([number])
        spent = running.processor_seconds
        numbers = iter(flat_out)

        async def write() -> None:
            for number in numbers:
                await board.send(number, post)

        await asyncio.gather(*(write() for _ in range(WRITERS)))
        await board.everybody(flat_out)
        deliveries = len(flat_out) * board.listeners
        return Measured(
            name,
            deliveries / board.seconds(flat_out),
            board.since_acknowledged(single),
            board.since_sent(single),
            memory,
            (running.processor_seconds - spent) / deliveries,
        )


@asynccontextmanager
async def _http(port: int) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=60) as http:
        yield http


def _chat_seats(place: Place, room: Room, port: int, members: int | None = None, start: int = 0) -> list[Seat]:
    """All listen from the same position on, so that what they hear does not depend on when their stream began."""
    return [
        Seat(f"ws://127.0.0.1:{port}/graphql", _init(place, room, channel, member), _subscribe(room, channel, start))
        for channel in range(len(room.channel_ids))
        for member in range(members or room.members)
    ]


def _init(place: Place, room: Room, channel: int, member: int) -> str:
    token = issue_token(place.settings, room.account_id, room.agent_id(channel, member), timedelta(hours=2))
    return json.dumps({"type": "connection_init", "payload": {"authorization": f"Bearer {token}"}})


def _subscribe(room: Room, channel: int, start: int) -> str:
    variables = {"channelId": _public_id(room, channel), "since": encode_position(room.account_id, start)}
    return json.dumps({"id": "1", "type": "subscribe", "payload": {"query": STREAM, "variables": variables}})


def _public_id(room: Room, channel: int) -> str:
    return f"chn_{room.channel_ids[channel].hex}"


def _chat_post(place: Place, room: Room, http: httpx.AsyncClient) -> Post:
    writers = [
        Client.of(http, place.settings, room.account_id, room.agent_id(channel, 0))
        for channel in range(len(room.channel_ids))
    ]

    async def post(number: int) -> None:
        channel = room.channel(number)
        said = {"channelId": _public_id(room, channel), "body": body(number), "clientKey": str(number)}
        answer = await writers[channel].ask(SEND, input=said)
        assert answer["sendChatMessage"]["userErrors"] == []

    return post


def _bare_seats(room: Room, port: int) -> list[Seat]:
    channels = range(len(room.channel_ids))
    return [Seat(f"ws://127.0.0.1:{port}/{channel}") for channel in channels for _ in range(room.members)]


def _bare_post(room: Room, http: httpx.AsyncClient, frame: str) -> Post:
    async def post(number: int) -> None:
        response = await http.post(f"/{room.channel(number)}", content=other_frame(frame, number))
        response.raise_for_status()

    return post


class QuietServer(uvicorn.Server):
    """One that leaves signals to the bench."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


async def _statements(place: Place, room: Room) -> str:
    """The same server in this process, where statements can be counted; first nobody listens, then few, then all."""
    app = create_app(place.settings, place.database_url)
    engine = app.state.pool.engine
    counts: dict[int, float] = {}
    port = free_port()
    config = uvicorn.Config(app, port=port, ws=SocketProtocol, ws_per_message_deflate=False, log_level="warning")
    server = QuietServer(config)
    async with asyncio.TaskGroup() as tasks, _http(port) as http:
        tasks.create_task(server.serve())
        await answering(port)
        number = 0
        for listeners in (0, FEW, room.members):
            board = Board(listeners)
            seats = _chat_seats(place, room, port, listeners, start=number) if listeners else []
            async with audience(seats, board):
                number = await _say(place, room, http, board, number, 2)
                with counted_statements(engine) as statements:
                    number = await _say(place, room, http, board, number, COUNTED)
                sent = [each for each in statements if not any(table in each for table in BACKGROUND)]
                counts[listeners] = len(sent) / COUNTED
        server.should_exit = True
    told = ", ".join(f"{count:g} with {listeners:,} subscribers" for listeners, count in counts.items())
    return f"SQL statements per message, its writing included: {told}"


async def _say(place: Place, room: Room, http: httpx.AsyncClient, board: Board, number: int, count: int) -> int:
    """Returns the number of the next message."""
    post = _chat_post(place, room, http)
    for each in range(number, number + count):
        await board.send(each, post)
        if board.listeners:
            await board.everybody([each])
    return number + count


def _table(room: Room, posts: int, size: int, found: list[Measured]) -> Table:
    table = Table(title=f"{room.title}; {posts:,} messages one at a time, {posts:,} flat out; frames of {size:,} bytes")
    table.add_column("server")
    table.add_column("deliveries\nper s", justify="right")
    for since in ("acknowledged", "sent"):
        table.add_column(f"ms since\n{since} p50", justify="right")
        table.add_column("p99", justify="right")
    table.add_column("µs CPU per\ndelivery", justify="right")
    table.add_column("KiB per\nsocket", justify="right")
    rows = [
        (
            each.rate,
            *_cuts(each.since_acknowledged),
            *_cuts(each.since_sent),
            each.processor * 1_000_000,
            each.memory / 1024,
        )
        for each in found
    ]
    for each, row in zip(found, rows, strict=True):
        table.add_row(each.name, f"{row[0]:,.0f}", *(f"{value:.1f}" for value in row[1:]))
    table.add_row("ratio", *(_ratio(chat, bare) for chat, bare in zip(*rows, strict=True)))
    return table


def _ratio(chat: float, bare: float) -> str:
    """Nothing where frames come before the acknowledgement, as they do where nothing is done for them."""
    return f"{chat / bare:.2f}" if bare > 0.5 else ""


def _cuts(seconds: list[float]) -> tuple[float, float]:
    """p50 and p99 in milliseconds."""
    cuts = quantiles(seconds, n=100, method="inclusive")
    return cuts[49] * 1000, cuts[98] * 1000
