"""A load generator for HTTP/1.1: connections that each send the next request when the answer to the previous one has
arrived. It is written on asyncio's protocols, because a client library takes longer per request than a fast server."""

import asyncio
import itertools
import re
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import cast

import orjson

ANSWER_SECONDS = 30
"""A round whose last answers have not arrived by then ends the benchmark."""

_STATUS_200 = b"HTTP/1.1 200 "
_CONTENT_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
_ERRORS = b'"errors":'


def graphql_request(port: int, token: str, query: str, **variables: str) -> bytes:
    """Returns a GraphQL request, ready to be sent."""
    body = orjson.dumps({"query": query, "variables": variables})
    head = (
        "POST /graphql HTTP/1.1\r\n"
        f"host: 127.0.0.1:{port}\r\n"
        f"authorization: Bearer {token}\r\n"
        "content-type: application/json\r\n"
        f"content-length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


@dataclass(frozen=True)
class Round:
    """What the connections did in one round."""

    seconds: float
    latencies: list[float]
    """One per answer, in seconds."""


class HttpConnection(asyncio.Protocol):
    """One connection with at most one request in flight."""

    def __init__(self) -> None:
        self._transport: asyncio.Transport | None = None
        self._received = bytearray()
        self._end = 0
        """The number of bytes of the answer; 0 before its head is complete."""

        self._answer: asyncio.Future[bytes] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # uvloop's transports do not inherit from asyncio's.
        self._transport = cast(asyncio.Transport, transport)

    def connection_lost(self, exc: Exception | None) -> None:
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(exc or ConnectionError("The server closed a connection."))

    def data_received(self, data: bytes) -> None:
        self._received += data
        if not self._end:
            self._end = _length_of_answer(self._received)
        if self._end and len(self._received) >= self._end:
            answer = bytes(self._received)
            self._received.clear()
            self._end = 0
            if self._answer is not None and not self._answer.done():
                self._answer.set_result(answer)

    async def send(self, request: bytes) -> bytes:
        """Returns the answer with its head."""
        assert self._transport is not None
        self._answer = asyncio.get_running_loop().create_future()
        self._transport.write(request)
        return await self._answer

    def close(self) -> None:
        if self._transport is not None:
            self._transport.abort()


@asynccontextmanager
async def http_connections(port: int, count: int) -> AsyncIterator[list[HttpConnection]]:
    loop = asyncio.get_running_loop()
    connections: list[HttpConnection] = []
    try:
        for _ in range(count):
            _, connection = await loop.create_connection(HttpConnection, "127.0.0.1", port)
            connections.append(connection)
        yield connections
    finally:
        for connection in connections:
            connection.close()


async def run_round(connections: Sequence[HttpConnection], requests: Sequence[bytes], seconds: float) -> Round:
    """Sends the requests in turn over all connections for a while. Raises RuntimeError if one fails."""
    latencies: list[float] = []
    start = time.perf_counter()
    upcoming = itertools.cycle(requests)
    async with asyncio.timeout(seconds + ANSWER_SECONDS), asyncio.TaskGroup() as tasks:
        for connection in connections:
            tasks.create_task(_send_until(connection, upcoming, start + seconds, latencies))
    return Round(time.perf_counter() - start, latencies)


async def _send_until(
    connection: HttpConnection, requests: Iterator[bytes], end: float, latencies: list[float]
) -> None:
    now = time.perf_counter()
    while now < end:
        answer = await connection.send(next(requests))
        arrived = time.perf_counter()
        if not answer.startswith(_STATUS_200) or _ERRORS in answer:
            raise RuntimeError(f"A request failed: {answer[:500]!r}")
        latencies.append(arrived - now)
        now = arrived


def _length_of_answer(received: bytearray) -> int:
    """Returns the length of the answer with its head; 0 if the head is incomplete."""
    end_of_head = received.find(b"\r\n\r\n")
    if end_of_head < 0:
        return 0
    length = _CONTENT_LENGTH.search(received, 0, end_of_head + 2)
    if length is None:
        raise RuntimeError(f"The answer has no content length: {bytes(received[:end_of_head])!r}")
    return end_of_head + 4 + int(length[1])
