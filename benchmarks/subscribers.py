"""WebSocket clients that receive messages, and a log of when each message arrived at each of them."""

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
CONCURRENT_CONNECTS = 50
OTHER_FILES = 500
"""File descriptors that this process needs besides the sockets."""

ARRIVAL_SECONDS = 60
"""A message that has not reached every subscriber by then counts as lost and ends the benchmark."""


def message_body(number: int) -> str:
    """Returns the text of message `number`. All texts have the same length, and the number can be found in a frame
    without parsing it."""
    return f"No. {number:07} of the messages that this benchmark sends to measure how soon they arrive"


def renumber(frame: str, number: int) -> str:
    return NUMBER.sub(f"No. {number:07}", frame)


@dataclass(frozen=True)
class StreamClient:
    """The address that one client connects to, and the frames that it sends first."""

    url: str
    variant: int
    """Clients with the same variant receive the same frame."""

    expected: str
    """A text that every frame must contain."""

    init: str | None = None
    """Sent first, and must be answered by `connection_ack`."""

    subscribe: str | None = None


@dataclass
class DeliveryLog:
    """When each message was sent, acknowledged, and received by each subscriber."""

    subscribers: int
    """How many clients receive each message."""

    sent: dict[int, float] = field(default_factory=dict)
    acknowledged: dict[int, float] = field(default_factory=dict)
    arrivals: dict[int, list[float]] = field(default_factory=lambda: defaultdict(list))
    last_frames: dict[int, str] = field(default_factory=dict)
    """The frame that arrived last at each variant of clients."""

    _complete: dict[int, asyncio.Event] = field(default_factory=lambda: defaultdict(asyncio.Event))

    def record(self, frame: str, variant: int) -> None:
        now = time.perf_counter()
        match = NUMBER.search(frame)
        if match is None:
            raise RuntimeError(f"Unexpected frame: {frame}")
        number = int(match[1])
        arrivals = self.arrivals[number]
        arrivals.append(now)
        self.last_frames[variant] = frame
        if len(arrivals) == self.subscribers:
            self._complete[number].set()
        elif len(arrivals) > self.subscribers:
            raise RuntimeError(f"Message {number} was delivered twice to one client.")

    async def send(self, number: int, post: Callable[[int], Awaitable[None]]) -> None:
        self.sent[number] = time.perf_counter()
        await post(number)
        self.acknowledged[number] = time.perf_counter()

    async def wait_for(self, numbers: Iterable[int]) -> None:
        """Returns once every subscriber has these messages. Raises RuntimeError if one gets lost."""
        for number in numbers:
            try:
                async with asyncio.timeout(ARRIVAL_SECONDS):
                    await self._complete[number].wait()
            except TimeoutError:
                count = len(self.arrivals[number])
                raise RuntimeError(f"Message {number} reached {count} of {self.subscribers} clients.") from None

    def seconds_since_acknowledged(self, numbers: Iterable[int]) -> list[float]:
        return [moment - self.acknowledged[number] for number in numbers for moment in self.arrivals[number]]

    def seconds_since_sent(self, numbers: Iterable[int]) -> list[float]:
        return [moment - self.sent[number] for number in numbers for moment in self.arrivals[number]]

    def total_seconds(self, numbers: Iterable[int]) -> float:
        """Returns the time from sending the first of these messages to the last arrival."""
        known = list(numbers)
        return max(max(self.arrivals[number]) for number in known) - min(self.sent[number] for number in known)


@asynccontextmanager
async def connected(clients: Iterable[StreamClient], log: DeliveryLog) -> AsyncIterator[None]:
    """Keeps all clients connected inside the block and records every frame that they receive."""
    to_connect = list(clients)
    _raise_file_limit(len(to_connect) + OTHER_FILES)
    connections: list[tuple[ClientConnection, StreamClient]] = []
    slots = asyncio.Semaphore(CONCURRENT_CONNECTS)

    async def open_connection(client: StreamClient) -> None:
        async with slots:
            connections.append((await _connect(client), client))

    try:
        await asyncio.gather(*map(open_connection, to_connect))
        async with asyncio.TaskGroup() as tasks:
            receivers = [tasks.create_task(_receive(connection, client, log)) for connection, client in connections]
            yield
            for receiver in receivers:
                receiver.cancel()
    finally:
        for connection, _ in connections:
            connection.transport.abort()


async def _connect(client: StreamClient) -> ClientConnection:
    connection = await connect(
        client.url,
        subprotocols=[Subprotocol("graphql-transport-ws")],
        compression=None,
        max_size=None,
        ping_interval=None,
        open_timeout=ARRIVAL_SECONDS,
    )
    if client.init is not None:
        await connection.send(client.init)
        answer = json.loads(await connection.recv())
        if answer["type"] != "connection_ack":
            raise RuntimeError(f"The connection was refused: {answer}")
    if client.subscribe is not None:
        await connection.send(client.subscribe)
    return connection


async def _receive(connection: ClientConnection, client: StreamClient, log: DeliveryLog) -> None:
    async for frame in connection:
        assert isinstance(frame, str)
        if client.expected not in frame:
            raise RuntimeError(f"A frame lacks {client.expected}: {frame}")
        log.record(frame, client.variant)
    raise RuntimeError("The server closed a socket.")


def _raise_file_limit(count: int) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != resource.RLIM_INFINITY and soft < count:
        resource.setrlimit(
            resource.RLIMIT_NOFILE, (count if hard == resource.RLIM_INFINITY else min(count, hard), hard)
        )
