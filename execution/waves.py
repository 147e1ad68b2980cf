"""The loads of an execution, dispatched in waves: all loads that were requested start together, and the resolvers that
wait for them continue when all of them have finished."""

import asyncio
from collections.abc import Callable
from typing import Any

from execution.loads import AnyLoad, AnyLoader

Continue = Callable[[list[Any] | None, Exception | None], None]
"""Receives the values of a load, or the exception that the read raised."""

_Waiting = tuple[AnyLoad, Continue]


class Wakeup:
    """Wakes a scheduler that has nothing to run until a wave or a task has ended, or a load was requested."""

    def __init__(self) -> None:
        self._waiting: asyncio.Future[None] | None = None

    def set(self) -> None:
        if self._waiting is not None and not self._waiting.done():
            self._waiting.set_result(None)

    async def wait(self) -> None:
        """Waits for the next call of `set`."""
        self._waiting = asyncio.get_running_loop().create_future()
        await self._waiting


class Waves:
    """Collects the requested loads, and starts them in waves. `wakeup` is set when a wave has ended."""

    def __init__(self, wakeup: Wakeup) -> None:
        self._wakeup = wakeup
        self._requested: list[_Waiting] = []
        self._dispatched: list[_Waiting] = []
        self._reads: dict[asyncio.Task[None], AnyLoader] = {}
        """The reads of the current wave that are still running."""

        self._failures: dict[AnyLoader, Exception] = {}

    @property
    def is_running(self) -> bool:
        return bool(self._reads)

    @property
    def can_start(self) -> bool:
        """Whether loads were requested, and no wave is running."""
        return bool(self._requested) and not self._reads

    def request(self, load: AnyLoad, continue_: Continue) -> None:
        self._requested.append((load, continue_))

    def start(self) -> None:
        """Starts a wave with all loads that were requested, except those of a LastLoader unless there are no others."""
        first = [waiting for waiting in self._requested if not waiting[0].loader.is_last]
        last = [waiting for waiting in self._requested if waiting[0].loader.is_last] if first else []
        self._dispatched, self._requested = first or self._requested, last
        keys: dict[AnyLoader, list[Any]] = {}
        for load, _ in self._dispatched:
            keys.setdefault(load.loader, []).extend(load.keys)
        for loader, requested in keys.items():
            self._reads.update(dict.fromkeys(loader.start(requested), loader))
        for read in list(self._reads):
            read.add_done_callback(self._read_ended)
        if not self._reads:
            self._end()

    def abandon(self) -> None:
        """Forgets the loads, and with them the execution that would continue."""
        self._requested, self._dispatched = [], []

    def _read_ended(self, read: "asyncio.Task[None]") -> None:
        loader = self._reads.pop(read)
        failure = failure_of(read)
        if failure is not None:
            self._failures[loader] = failure
        if not self._reads:
            self._end()

    def _end(self) -> None:
        dispatched, self._dispatched = self._dispatched, []
        failures, self._failures = self._failures, {}
        for load, continue_ in dispatched:
            values = load.loader.known(load.keys)
            continue_(values, None if values is not None else failures[load.loader])
        self._wakeup.set()


def failure_of(task: "asyncio.Future[Any]") -> Exception | None:
    """Returns the exception that ended a task. A cancelled task is an error of the resolver that awaits it, and
    does not cancel the whole execution."""
    if task.cancelled():
        return RuntimeError("A resolver or a read was cancelled.")
    error = task.exception()
    if error is not None and not isinstance(error, Exception):
        raise error
    return error
