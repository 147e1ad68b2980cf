"""Clients that send and receive messages during faults, and reconnect as docs/delivery.md describes."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from itertools import count

import httpx
from websockets.asyncio.client import connect
from websockets.exceptions import WebSocketException
from websockets.typing import Subprotocol

from tests.live.faults.deliveries import Received, SendLog
from tests.support.api import AgentClient, Json
from tests.support.sockets import PATIENCE, Ended, Socket, Stream
from tests.support.waiting import until

ADDED = """subscription ($channel: ID, $since: String) {
  chatMessageAdded(channelId: $channel, since: $since) { message { body systemEvent { kind } } position }
}"""
SEND = """mutation ($input: SendChatMessageInput!) {
  sendChatMessage(input: $input) { message { id } userErrors { code } }
}"""
TRY_AGAIN = "INTERNAL_SERVER_ERROR"


@asynccontextmanager
async def open_pinging_socket(url: str, token: str | None) -> AsyncIterator[Socket]:
    """Yields a signed-in socket that notices within two seconds when the server no longer answers."""
    connection = await connect(
        url,
        subprotocols=[Subprotocol("graphql-transport-ws")],
        open_timeout=2,
        ping_interval=1,
        ping_timeout=1,
        close_timeout=0.2,
    )
    socket = Socket(connection)
    try:
        async with asyncio.timeout(3):
            await socket.init(token)
        yield socket
    finally:
        await socket.close()


async def until_delivered(stream: Stream, action: Callable[[], Awaitable[object]]) -> Json:
    """Repeats an action until the stream delivers a result, and returns it. The result shows that a stream which cannot
    resume from a position is subscribed."""
    async with asyncio.timeout(PATIENCE):
        while not stream.has_result:
            await action()
            await asyncio.sleep(0.05)
    return await stream.data()


class Client:
    """Receives messages of agents. After an interruption it resumes from its last position, at the next server."""

    def __init__(self, agent: AgentClient, urls: Sequence[str], channel: str | None, since: str) -> None:
        self.received = Received()
        self.position = since
        self.connections = 0
        self.ended_with: str | None = None
        """The code of the error that ended the stream permanently."""
        self._person, self._urls, self._channel = agent, urls, channel
        self._task = asyncio.create_task(self._follow())

    async def has_received(self, amount: int, patience: float = 15) -> None:
        """Waits until it has_received received so many messages."""
        await until(lambda: len(self.received.bodies) >= amount or self._task.done(), f"{amount} messages", patience)
        if self._task.done():
            self._task.result()
        assert len(self.received.bodies) >= amount, self.ended_with

    async def end(self, patience: float = 15) -> str | None:
        """Waits until the server has_received ended the stream, and returns the code."""
        await until(self._task.done, "the end of the stream", patience)
        self._task.result()
        return self.ended_with

    async def stop(self) -> None:
        self._task.cancel()
        with suppress(asyncio.CancelledError):
            await self._task

    async def _follow(self) -> None:
        while self.ended_with is None:
            url = self._urls[self.connections % len(self._urls)]
            self.connections += 1
            with suppress(Ended, OSError, TimeoutError, WebSocketException):
                async with open_pinging_socket(url, self._person.token) as socket:
                    await self._receive_from(await socket.subscribe(ADDED, channel=self._channel, since=self.position))
            await asyncio.sleep(0.02)

    async def _receive_from(self, stream: Stream) -> None:
        while self.ended_with is None:
            payload = await stream.next(patience=3600)
            if "errors" in payload:
                code = payload["errors"][0]["extensions"]["code"]
                self.ended_with = code if code != TRY_AGAIN else None
                return
            event = payload["data"]["chatMessageAdded"]
            if event["message"]["systemEvent"] is None:
                self.received.record(event["message"]["body"])
            self.position = event["position"]


class Sender:
    """Sends messages one after the other, each with the same client key until a server has_received acknowledged it."""

    _prefixes = count(1)

    def __init__(self, callers: Sequence[AgentClient], channel: str, send_log: SendLog) -> None:
        self._callers, self._channel, self._send_log = callers, channel, send_log
        self._prefix = f"sender {next(self._prefixes)}"
        self._numbers = count(1)
        self._tries = count()

    async def send_many(self, amount: int, every: float = 0.0) -> None:
        for _ in range(amount):
            await self.send(f"{self._prefix}: {next(self._numbers)}")
            await asyncio.sleep(every)

    async def send(self, body: str) -> None:
        begun = time.monotonic()
        while not await self._try(body):  # noqa: ASYNC110 (a pause between tries)
            await asyncio.sleep(0.02)
        now = self._send_log.acknowledged[body] = time.monotonic()
        self._send_log.slowest_answer = max(self._send_log.slowest_answer, now - begun)

    async def _try(self, body: str) -> bool:
        caller = self._callers[next(self._tries) % len(self._callers)]
        try:
            input: Json = {"channelId": self._channel, "body": body, "clientKey": body[:40]}
            answer = await caller.execute(SEND, input=input)
        except (httpx.TransportError, ValueError):
            return False
        if "errors" in answer.body:
            assert answer.code == TRY_AGAIN, answer.body
            return False
        payload: Json = answer.data["sendChatMessage"]
        assert payload["userErrors"] == [], payload
        return True
