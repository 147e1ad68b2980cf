"""Clients that listen over real sockets, and what they saw when."""

import asyncio
import json
import re
import resource
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from websockets.asyncio.client import ClientConnection, connect
from websockets.typing import Subprotocol

NUMBER = re.compile(r"No\. (\d{7})")
AT_ONCE = 50
"""Sockets being opened at the same time."""

SPARE_FILES = 500
ARRIVAL_SECONDS = 60
"""How long a message may take to everybody; one that takes longer is lost, and ends the bench."""


def body(number: int) -> str:
    """What message `number` says, always as long, so that it is recognised in a frame without parsing that."""
    return f"No. {number:07} of the messages that this bench sends to find out how soon they come"


def other_frame(frame: str, number: int) -> str:
    return NUMBER.sub(f"No. {number:07}", frame)


@dataclass(frozen=True)
class Seat:
    """Where one client connects, what it sends first, and what it must be answered before it goes on."""

    url: str
    init: str | None = None
    subscribe: str | None = None


@dataclass
class Board:
    """When each message was sent, acknowledged, and arrived at each of those who wait for it."""

    listeners: int
    """How many hear each message."""

    sent: dict[int, float] = field(default_factory=dict)
    acknowledged: dict[int, float] = field(default_factory=dict)
    arrived: dict[int, list[float]] = field(default_factory=lambda: defaultdict(list))
    frame: str = ""
    """The last that came."""

    _complete: dict[int, asyncio.Event] = field(default_factory=lambda: defaultdict(asyncio.Event))

    def take(self, frame: str) -> None:
        now = time.perf_counter()
        found = NUMBER.search(frame)
        if found is None:
            raise RuntimeError(f"Not a message: {frame}")
        number = int(found[1])
        arrivals = self.arrived[number]
        arrivals.append(now)
        self.frame = frame
        if len(arrivals) == self.listeners:
            self._complete[number].set()
        elif len(arrivals) > self.listeners:
            raise RuntimeError(f"Message {number} came twice.")

    async def send(self, number: int, post: Callable[[int], Awaitable[None]]) -> None:
        self.sent[number] = time.perf_counter()
        await post(number)
        self.acknowledged[number] = time.perf_counter()

    async def everybody(self, numbers: Iterable[int]) -> None:
        """Returns once these messages have arrived everywhere."""
        for number in numbers:
            try:
                async with asyncio.timeout(ARRIVAL_SECONDS):
                    await self._complete[number].wait()
            except TimeoutError:
                came = len(self.arrived[number])
                raise RuntimeError(f"Message {number} reached {came} of {self.listeners}.") from None

    def since_acknowledged(self, numbers: Iterable[int]) -> list[float]:
        return [moment - self.acknowledged[number] for number in numbers for moment in self.arrived[number]]

    def since_sent(self, numbers: Iterable[int]) -> list[float]:
        return [moment - self.sent[number] for number in numbers for moment in self.arrived[number]]

    def seconds(self, numbers: Iterable[int]) -> float:
        """From the first message to the last arrival."""
        known = list(numbers)
        return max(max(self.arrived[number]) for number in known) - min(self.sent[number] for number in known)


@asynccontextmanager
async def audience(seats: Iterable[Seat], board: Board) -> AsyncIterator[None]:
    """Everybody is connected and listens; what they hear goes to the board."""
    everybody = list(seats)
    _allow_files(len(everybody) + SPARE_FILES)
    connections: list[ClientConnection] = []
    turns = asyncio.Semaphore(AT_ONCE)

    async def sit_down(seat: Seat) -> None:
        async with turns:
            connections.append(await _connected(seat))

    try:
        await asyncio.gather(*map(sit_down, everybody))
        async with asyncio.TaskGroup() as tasks:
            listening = [tasks.create_task(_listen(connection, board)) for connection in connections]
            yield
            for task in listening:
                task.cancel()
    finally:
        for connection in connections:
            connection.transport.abort()


async def _connected(seat: Seat) -> ClientConnection:
    connection = await connect(
        seat.url,
        subprotocols=[Subprotocol("graphql-transport-ws")],
        compression=None,
        max_size=None,
        ping_interval=None,
        open_timeout=ARRIVAL_SECONDS,
    )
    if seat.init is not None:
        await connection.send(seat.init)
        answer = json.loads(await connection.recv())
        if answer["type"] != "connection_ack":
            raise RuntimeError(f"Not let in: {answer}")
    if seat.subscribe is not None:
        await connection.send(seat.subscribe)
    return connection


async def _listen(connection: ClientConnection, board: Board) -> None:
    async for frame in connection:
        assert isinstance(frame, str)
        board.take(frame)
    raise RuntimeError("A socket was closed.")


def _allow_files(count: int) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != resource.RLIM_INFINITY and soft < count:
        resource.setrlimit(
            resource.RLIMIT_NOFILE, (count if hard == resource.RLIM_INFINITY else min(count, hard), hard)
        )
