"""The measurement of live streams: deliveries per second, delay, memory and processor time.

All servers run at the same time and take turns, so that other load on the machine affects them equally.
"""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from statistics import median, quantiles

from benchmarks.processes import ServerProcess
from benchmarks.stream_clients import Post
from benchmarks.subscribers import DeliveryLog, StreamClient, connected

ROUNDS = 3
WRITERS = 8
WARM_UP = 5
"""Messages that are sent before anything is measured; in `warm_up`, per writer."""


@dataclass(frozen=True)
class Delay:
    """In seconds. Negative if the message arrived before the acknowledgement."""

    p50: float
    p99: float

    @classmethod
    def of(cls, seconds: Sequence[float]) -> "Delay":
        cuts = quantiles(seconds, n=100, method="inclusive")
        return cls(cuts[49], cuts[98])


@dataclass(frozen=True)
class Measurement:
    """The figures of one server, in seconds and bytes."""

    server: str
    deliveries_per_second: float
    """The median of the rounds."""

    since_acknowledged: Delay
    since_sent: Delay
    processor_per_delivery: float
    """Processor time of the server while all writers send without pause."""

    memory_per_socket: float
    bytes_per_frame: float


@dataclass
class OpenStreams:
    """A server to which all clients are connected."""

    name: str
    server: ServerProcess
    log: DeliveryLog
    post: Post
    memory_per_socket: float
    next_number: int = 0
    """The number of the next message."""

    @property
    def frames(self) -> list[str]:
        """The last message as the clients received it: one frame for each variant."""
        return [self.log.last_frames[variant] for variant in sorted(self.log.last_frames)]

    def take_numbers(self, count: int) -> range:
        numbers = range(self.next_number, self.next_number + count)
        self.next_number = numbers.stop
        return numbers


@asynccontextmanager
async def open_streams(
    name: str, server: ServerProcess, clients: Sequence[StreamClient], log: DeliveryLog, post: Post
) -> AsyncIterator[OpenStreams]:
    """Connects the clients and sends the first messages."""
    await server.wait_until_idle()
    memory_before = server.memory
    async with connected(clients, log):
        await server.wait_until_idle()
        streams = OpenStreams(name, server, log, post, (server.memory - memory_before) / len(clients))
        await send_one_by_one(streams.take_numbers(WARM_UP), log, post)
        yield streams


async def warm_up(clients: Sequence[StreamClient], log: DeliveryLog, post: Post) -> None:
    """Lets the server open connections, prepare statements, parse documents and import modules."""
    numbers = range(WARM_UP * WRITERS)
    async with connected(clients, log):
        for number in numbers:
            await log.send(number, post)
        await log.wait_for(numbers)


async def measure_deliveries(servers: Sequence[OpenStreams], posts: int) -> list[Measurement]:
    """Sends this number of messages through each server in each round, at each speed."""
    rounds = [[await _measure_round(each, posts) for each in servers] for _ in range(ROUNDS)]
    return [_measurement(streams, [done[place] for done in rounds]) for place, streams in enumerate(servers)]


async def send_one_by_one(numbers: range, log: DeliveryLog, post: Post) -> None:
    """Sends each message when every subscriber has received the previous one."""
    for number in numbers:
        await log.send(number, post)
        if log.subscribers:
            await log.wait_for([number])


@dataclass(frozen=True)
class _Round:
    """The messages that were sent one by one and without pause, and the server's processor seconds for the latter."""

    single: range
    continuous: range
    processor: float


async def _measure_round(streams: OpenStreams, posts: int) -> _Round:
    single = streams.take_numbers(posts)
    await send_one_by_one(single, streams.log, streams.post)
    before = streams.server.processor_seconds
    continuous = streams.take_numbers(posts)
    await send_continuously(continuous, streams.log, streams.post)
    return _Round(single, continuous, streams.server.processor_seconds - before)


async def send_continuously(numbers: range, log: DeliveryLog, post: Post, writers: int = WRITERS) -> None:
    """Lets several writers send the messages without pause. Returns once every subscriber has received all of them."""
    remaining = iter(numbers)

    async def write() -> None:
        for number in remaining:
            await log.send(number, post)

    await asyncio.gather(*(write() for _ in range(writers)))
    await log.wait_for(numbers)


def _measurement(streams: OpenStreams, rounds: Sequence[_Round]) -> Measurement:
    log, frames = streams.log, streams.frames
    single = [number for each in rounds for number in each.single]
    deliveries = sum(len(each.continuous) for each in rounds) * log.subscribers
    return Measurement(
        server=streams.name,
        deliveries_per_second=median(
            len(each.continuous) * log.subscribers / log.total_seconds(each.continuous) for each in rounds
        ),
        since_acknowledged=Delay.of(log.seconds_since_acknowledged(single)),
        since_sent=Delay.of(log.seconds_since_sent(single)),
        processor_per_delivery=sum(each.processor for each in rounds) / deliveries,
        memory_per_socket=streams.memory_per_socket,
        bytes_per_frame=sum(map(len, frames)) / len(frames),
    )
