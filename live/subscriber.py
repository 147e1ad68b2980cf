"""The registration of a stream with a feed."""

import asyncio
from collections.abc import Iterable

from live.records import Topic


class Subscriber:
    """An agent's stream, registered with a feed. It holds no queue, only the number of the first change that may
    concern the stream."""

    __slots__ = ("_error", "_pending", "_waiting", "agent_id", "topics")

    def __init__(self, agent_id: str, topics: Iterable[Topic]) -> None:
        self.agent_id = agent_id
        self.topics: set[Topic] = set(topics)
        self._pending: int | None = None
        self._error: Exception | None = None
        self._waiting: asyncio.Future[None] | None = None

    def wake(self, change: int) -> None:
        if self._pending is None:
            self._pending = change
            self._stop_waiting()

    def end(self, error: Exception) -> None:
        """Makes `first_pending` raise the error, now or when it is called next."""
        self._error = error
        self._stop_waiting()

    async def first_pending(self) -> int:
        """Waits for a change that may concern the stream, and returns the first one since the last call. Raises the
        error that ended the stream."""
        if self._pending is None and self._error is None:
            self._waiting = asyncio.get_running_loop().create_future()
            await self._waiting
        if self._error is not None:
            raise self._error
        pending, self._pending = self._pending, None
        assert pending is not None
        return pending

    def _stop_waiting(self) -> None:
        if self._waiting is not None and not self._waiting.done():
            self._waiting.set_result(None)
