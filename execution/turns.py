"""How long executions compute in one turn of the event loop.

The executions of a thread share the time of each turn. One that has work left when the time is used up continues in a
later turn, so the tasks of other requests run in between. An execution that ends in time is not interrupted.
"""

import asyncio
from heapq import heappop, heappush
from itertools import count
from math import inf
from threading import local
from time import perf_counter
from typing import final

SECONDS = 0.005
"""The time that executions may compute in one turn. It is checked between steps, the longest of which take 20 ms."""

RESUMED = 100
"""How many of the waiting executions are resumed in one turn."""


@final
class Turns:
    """The turns of one event loop."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.loop = loop
        self._end: float | None = None
        """When the time of the current turn is used up. None if nothing was computed in it."""

        self._is_scheduled = False
        self._tickets = count()
        self._waiting: list[tuple[int, asyncio.Future[bool]]] = []
        """A heap. The future's result is True for the first that is resumed in a turn."""

    def end(self) -> float:
        """Returns the value of `perf_counter` at which the time of this turn is used up."""
        if self._end is None:
            self._begin()
        assert self._end is not None
        return self._end

    async def pause(self) -> None:
        """Waits for a turn that has time left. Executions are resumed in the order in which they paused."""
        ticket = next(self._tickets)
        while True:
            resumed: asyncio.Future[bool] = self.loop.create_future()
            heappush(self._waiting, (ticket, resumed))
            self._schedule()
            if await resumed:
                # It gets the whole time: others may have used up this turn's again, and it would wait forever.
                self._begin()
                return
            if perf_counter() < self.end():
                return

    def _begin(self) -> None:
        self._end = perf_counter() + SECONDS
        self._schedule()

    def _schedule(self) -> None:
        if not self._is_scheduled:
            self._is_scheduled = True
            self.loop.call_soon(self._start_next)

    def _start_next(self) -> None:
        self._is_scheduled = False
        self._end = None
        if not self._waiting:
            return
        is_first = True
        for _ in range(min(len(self._waiting), RESUMED)):
            _, resumed = heappop(self._waiting)
            if not resumed.done():
                resumed.set_result(is_first)
                is_first = False
        # Those that were resumed run in the next turn, before this.
        self._schedule()


class _Current(local):
    turns: Turns | None = None


_current = _Current()


def current_turns() -> Turns:
    """Returns the turns of the running event loop."""
    loop = asyncio.get_running_loop()
    turns = _current.turns
    if turns is None or turns.loop is not loop:
        turns = _current.turns = Turns(loop)
    return turns


def end_of_turn() -> float:
    """Returns when the time of this turn is used up; infinity if no event loop is running."""
    try:
        return current_turns().end()
    except RuntimeError:
        return inf


async def pause_if_due() -> None:
    """Waits for a later turn of the event loop if the time of this turn is used up."""
    turns = current_turns()
    if perf_counter() > turns.end():
        await turns.pause()
