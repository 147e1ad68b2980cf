"""Requests that agents make without a pause while the servers are upgraded. None of them may fail."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import count
from time import monotonic
from typing import TypeVar

from tests.live.faults.deliveries import SendLog
from tests.support.api import AgentClient
from tests.support.waiting import until

T = TypeVar("T")

PACE = 0.02
PAGE = """query ($id: ID!) { chatChannel(id: $id) { unreadCount messages(last: 20) { nodes {
  body author { name } reactions { emoji count } replyTo { body } attachments { filename }
} } } }"""
SIDEBAR = """{
  chatChannels(first: 20) { nodes { name unreadCount lastMessage { body author { name } } } }
  chatNotifications(first: 10) { nodes { type message { body } } }
}"""


@dataclass
class Traffic:
    """Two agents of a channel, one who writes and one who reads, through the same server."""

    server: str
    writer: AgentClient
    reader: AgentClient
    channel: str
    send_log: SendLog
    answered: Counter[str] = field(default_factory=Counter)
    slowest: float = 0.0
    _ends: asyncio.Event = field(default_factory=asyncio.Event)
    _tasks: list[asyncio.Task[None]] = field(default_factory=list)

    @asynccontextmanager
    async def flowing(self) -> AsyncIterator[None]:
        """Makes requests while the block runs. Fails if one of them fails."""
        self._tasks = [asyncio.create_task(self._write()), asyncio.create_task(self._read())]
        try:
            yield
        finally:
            self._ends.set()
            await asyncio.gather(*self._tasks)

    async def more(self, amount: int) -> None:
        """Waits until so many further messages were sent and so many further pages were read."""
        expected = {kind: self.answered[kind] + amount for kind in ("send", "page")}

        def are_answered() -> bool:
            return any(map(asyncio.Task.done, self._tasks)) or all(
                self.answered[kind] >= number for kind, number in expected.items()
            )

        await until(are_answered, f"{amount} messages and pages of the {self.server} server")

    async def _write(self) -> None:
        for number in count(1):
            if self._ends.is_set():
                return
            body = f"{self.server} {number}"
            message = await self._timed("send", self.writer.send(self.channel, body, clientKey=body))
            self.send_log.acknowledged[body] = monotonic()
            if number % 5 == 0:
                reaction = {"messageId": message, "emoji": "👍"}
                await self._timed("react", self.reader.mutate("addChatReaction", "message { id }", **reaction))
            await asyncio.sleep(PACE)

    async def _read(self) -> None:
        while not self._ends.is_set():
            await self._timed("sidebar", self.reader.query(SIDEBAR))
            await self._timed("page", self.reader.query(PAGE, id=self.channel))
            await self._timed("read", self.reader.mutate("markChatRead", "channel { id }", channelId=self.channel))
            await asyncio.sleep(PACE)

    async def _timed(self, kind: str, request: Awaitable[T]) -> T:
        begun = monotonic()
        answer = await request
        self.slowest = max(self.slowest, monotonic() - begun)
        self.answered[kind] += 1
        return answer
