"""The changes of one account as this process knows them: read once, handed to every stream."""

import asyncio
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

from loaders import Loaders
from models import Change

REMEMBERED = 1_000
"""Changes kept in memory per account; a stream that fell further behind reads the database."""


@dataclass(frozen=True)
class Event:
    """A change, with the loaders that all of its subscribers in this process share: access is asked once."""

    change: Change
    loaders: Loaders


class Feed:
    """Numbers are dense, so the changes kept are exactly those in (floor, position]."""

    def __init__(self, account_id: str, position: int) -> None:
        self.account_id = account_id
        self.position = position
        self.wanted = position
        self._events: deque[Event] = deque(maxlen=REMEMBERED)
        self._news = asyncio.Event()

    @property
    def floor(self) -> int:
        return self.position - len(self._events)

    def advance(self, events: Sequence[Event]) -> None:
        """Takes the changes that follow `position`, in order, and wakes the streams."""
        for event in events:
            assert event.change.change == self.position + 1, "the order of changes has no gaps"
            self._events.append(event)
            self.position = event.change.change
        self._news.set()
        self._news = asyncio.Event()

    def after(self, cursor: int) -> list[Event]:
        """Returns the changes after the cursor, which must not lie below the floor."""
        assert cursor >= self.floor
        return [self._events[place] for place in range(cursor - self.floor, len(self._events))]

    async def wait_beyond(self, cursor: int) -> None:
        """Returns once there is something after the cursor."""
        while self.position <= cursor:
            await self._news.wait()
