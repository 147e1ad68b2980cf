"""Running the coroutines and tasks of an execution.

The scheduler drives the coroutines of level fields itself, which costs a fraction of a task for each. A coroutine
suspends by awaiting a load. All other awaitables run in tasks. Once nothing else can run, the loads that were
requested are dispatched (`execution.waves`). So the number of batches depends on the query, not on how long each batch
takes. Loads of a `LastLoader` are dispatched in a wave that has no other loads.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Coroutine, Iterator, Sequence
from functools import partial
from time import perf_counter
from typing import Any, Self, final

from execution.loads import AnyLoad, Load, driving, running_resolver
from execution.turns import current_turns
from execution.waves import Wakeup, Waves, failure_of

OnEnd = Callable[[Any, Exception | None], None]
"""Receives the value that a coroutine returned, or the exception that it raised."""


class Scheduler:
    """Runs one execution, or several that are executed together."""

    def __init__(self) -> None:
        self.ended = False
        self.turns = current_turns()
        self._ready: deque[Callable[[], None]] = deque()
        self._suspended: set[Coroutine[Any, Any, Any]] = set()
        self._tasks: dict[asyncio.Future[Any], ResolverTask] = {}
        self._busy: set[ResolverTask] = set()
        """The resolvers that run in a task and do not wait for a load."""

        self._futures: set[asyncio.Future[list[Any]]] = set()
        """The loads that tasks wait for."""

        self._wakeup = Wakeup()
        self._waves = Waves(self._wakeup)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Ends the execution, and cancels its tasks if it was abandoned. The reads of loaders are not cancelled: other
        executions may share them."""
        self.ended = True
        self._ready.clear()
        self._waves.abandon()
        for task in self._tasks:
            task.cancel()
        for coroutine in self._suspended:
            coroutine.close()
        for future in list(self._futures):
            # Only a task that a resolver has started and not awaited can still wait for a load.
            future.cancel()

    async def run(self) -> None:
        """Runs until nothing is left to do."""
        while True:
            if self._ready:
                if perf_counter() > self.turns.end():
                    await self.turns.pause()
                self._ready.popleft()()
            elif self._waves.can_start and not self._busy:
                self._waves.start()
            elif self._waves.is_running or self._tasks:
                await self._wakeup.wait()
            else:
                return

    def run_later(self, step: Callable[[], None]) -> None:
        """Runs the step before the next wave, in a later turn of the event loop if the time of this turn is used up."""
        self._ready.append(step)

    # ------------------------------------------------------------------ coroutines

    def start(self, coroutine: Coroutine[Any, Any, Any], on_end: OnEnd) -> None:
        """Runs the coroutine until it suspends for the first time. It may have ended by then."""
        self._step(coroutine, on_end, None, None)

    def _step(self, coroutine: Coroutine[Any, Any, Any], on_end: OnEnd, value: Any, error: Exception | None) -> None:
        """Runs the coroutine until it suspends again or ends."""
        self._suspended.discard(coroutine)
        before, driving.now = driving.now, True
        traceback = error.__traceback__ if error is not None else None
        try:
            awaited = coroutine.send(value) if error is None else coroutine.throw(error)
        except StopIteration as stop:
            ended: tuple[Any, Exception | None] | None = (stop.value, None)
        except Exception as raised:
            if raised is error:
                # Each coroutine adds its calls, and a read that fails raises one exception in thousands of them.
                raised.__traceback__ = traceback
            ended = (None, raised)
        else:
            ended = None
        finally:
            driving.now = before
        if ended is not None:
            on_end(*ended)
            return
        self._suspended.add(coroutine)
        step = partial(self._step, coroutine, on_end)
        if isinstance(awaited, Load):
            self._waves.request(awaited, lambda values, failure: self._ready.append(partial(step, values, failure)))
        else:
            self._ready.append(partial(step, None, RuntimeError(_not_a_load(awaited))))

    # ------------------------------------------------------------------ tasks

    def await_all(self, awaitables: Sequence[Awaitable[Any]], on_end: Callable[[list[Any]], None]) -> None:
        """Awaits each in a task of its own. `on_end` receives their values in order, with the exception in the place of
        the value if one raised."""
        results: list[Any] = [None] * len(awaitables)
        missing = len(awaitables)

        def task_ended(index: int, task: "asyncio.Future[Any]") -> None:
            nonlocal missing
            self._end_task(task)
            failure = failure_of(task)
            results[index] = failure if failure is not None else task.result()
            missing -= 1
            if not missing:
                self._ready.append(partial(on_end, results))
            self._wakeup.set()

        self._start_tasks(enumerate(awaitables), task_ended)

    def _start_tasks(
        self,
        awaitables: Iterator[tuple[int, Awaitable[Any]]],
        on_end: "Callable[[int, asyncio.Future[Any]], None]",
    ) -> None:
        """Starts tasks until the time of this turn is used up, and the others in later turns. The event loop runs the
        first step of all that were started in its next turn."""
        end = self.turns.end()
        for index, awaitable in awaitables:
            self._start_task(awaitable).add_done_callback(partial(on_end, index))
            if perf_counter() > end:
                self._ready.append(partial(self._start_tasks, awaitables, on_end))
                return

    def _start_task(self, awaitable: Awaitable[Any]) -> "asyncio.Future[Any]":
        resolver = ResolverTask(self)
        self._busy.add(resolver)
        token = running_resolver.set(resolver)
        # An eager task factory runs the task now.
        before, driving.now = driving.now, False
        try:
            task = asyncio.ensure_future(awaitable)
        finally:
            driving.now = before
            running_resolver.reset(token)
        self._tasks[task] = resolver
        return task

    def _end_task(self, task: "asyncio.Future[Any]") -> None:
        resolver = self._tasks.pop(task)
        resolver.ended = True
        self._busy.discard(resolver)

    def request(self, load: AnyLoad, resolver: "ResolverTask") -> "asyncio.Future[list[Any]]":
        """Returns a future for the values of a load that a resolver's task awaits."""
        future: asyncio.Future[list[Any]] = asyncio.get_running_loop().create_future()
        self._futures.add(future)
        future.add_done_callback(partial(self._end_load, resolver))
        resolver.waiting += 1
        self._busy.discard(resolver)

        def continue_(values: list[Any] | None, failure: Exception | None) -> None:
            if future.done():
                return
            # A callback of the future would run only after the next wave has started.
            self._resume(resolver)
            if failure is not None:
                future.set_exception(failure)
            else:
                future.set_result(values or [])

        self._waves.request(load, continue_)
        self._wakeup.set()
        return future

    def _end_load(self, resolver: "ResolverTask", future: "asyncio.Future[list[Any]]") -> None:
        self._futures.discard(future)
        if future.cancelled():
            self._resume(resolver)

    def _resume(self, resolver: "ResolverTask") -> None:
        resolver.waiting -= 1
        if resolver.waiting == 0 and not resolver.ended:
            self._busy.add(resolver)


@final
class ResolverTask:
    """A resolver that runs in a task of its own. The tasks that it starts belong to it, as they inherit its context."""

    __slots__ = ("_scheduler", "ended", "waiting")

    def __init__(self, scheduler: Scheduler) -> None:
        self._scheduler = scheduler
        self.waiting = 0
        """The number of loads that it waits for."""

        self.ended = False

    @property
    def is_in_execution(self) -> bool:
        return not self._scheduler.ended

    def future_of(self, load: AnyLoad) -> "asyncio.Future[list[Any]]":
        return self._scheduler.request(load, self)


def _not_a_load(awaited: object) -> str:
    what = "the next turn of the event loop" if awaited is None else repr(awaited)
    return (
        f"A level field can only await loads of an execution.Loader, and this one awaited {what}."
        " Use an ordinary asynchronous resolver for everything else."
    )
