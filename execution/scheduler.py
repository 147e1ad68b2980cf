"""Running the coroutines of an execution and dispatching their loads.

The scheduler drives the coroutines of level fields itself, which costs a fraction of a task for each. A coroutine
suspends by awaiting a load, other routines, or awaitables that need the event loop. Loads are dispatched in waves: once
nothing else can run, all loads that were requested start together, and their coroutines go on when all of them have
finished. So the number of batches depends on the query, not on how long each batch takes. Loads of a `LastLoader` are
dispatched when a wave would have no others.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Coroutine, Generator, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar, final

from execution.loads import AnyLoad, AnyLoader, Load, driving, running_resolver

Value = TypeVar("Value")

MAX_NESTED = 30
"""How many routines run nested in each other, each started by the one before. Others are queued: they would exhaust
Python's stack."""


@final
class Routine(Generic[Value]):
    """A coroutine that the scheduler drives."""

    __slots__ = ("coroutine", "done", "error", "joined_by", "result")

    def __init__(self, coroutine: Coroutine[Any, Any, Value]) -> None:
        self.coroutine = coroutine
        self.done = False
        self.result: Value | None = None
        self.error: Exception | None = None
        self.joined_by: Join | None = None

    def value(self) -> Value:
        """Returns what the coroutine returned, or raises what it raised."""
        if self.error is not None:
            raise self.error
        return self.result  # type: ignore[return-value]  # Value may include None


@final
class Join:
    """Awaits routines of the same scheduler. Their values are read from the routines afterwards."""

    __slots__ = ("joining", "missing", "routines")

    def __init__(self, routines: Sequence[Routine[Any]]) -> None:
        self.routines = routines
        self.missing = 0
        self.joining: Routine[Any] | None = None

    def __await__(self) -> Generator[Any, Any, None]:
        if not all(routine.done for routine in self.routines):
            yield self


@final
class OnEventLoop:
    """Awaits awaitables that need the event loop, each in a task of its own. Returns their values in order; where one
    raised, the exception stands in its place."""

    __slots__ = ("awaitables", "missing", "results")

    def __init__(self, awaitables: Sequence[Awaitable[Any]]) -> None:
        self.awaitables = awaitables
        self.missing = len(awaitables)
        self.results: list[Any] = [None] * len(awaitables)

    def __await__(self) -> Generator[Any, Any, list[Any]]:
        if self.awaitables:
            yield self
        return self.results


@final
class ResolverTask:
    """A resolver that runs in a task of its own. The tasks that it starts belong to it, as they inherit its context."""

    __slots__ = ("_scheduler", "ended", "waiting")

    def __init__(self, scheduler: "Scheduler") -> None:
        self._scheduler = scheduler
        self.waiting = 0
        """For how many loads it waits."""

        self.ended = False

    @property
    def is_in_execution(self) -> bool:
        return not self._scheduler.ended

    def future_of(self, load: AnyLoad) -> "asyncio.Future[list[Any]]":
        return self._scheduler.request(load, self)


@dataclass(frozen=True, slots=True)
class _LoadOfRoutine:
    """A load, and the routine that continues with its values."""

    load: AnyLoad
    routine: Routine[Any]


@dataclass(frozen=True, slots=True)
class _LoadOfTask:
    """A load, and the future through which a task continues with its values."""

    load: AnyLoad
    resolver: ResolverTask
    future: "asyncio.Future[list[Any]]"


_WaitingLoad = _LoadOfRoutine | _LoadOfTask


@dataclass(slots=True)
class _Wave:
    """Loads that were dispatched together, and their reads that are still running."""

    loads: list[_WaitingLoad] = field(default_factory=list)
    reads: dict["asyncio.Task[None]", AnyLoader] = field(default_factory=dict)
    failures: dict[AnyLoader, Exception] = field(default_factory=dict)


class Scheduler:
    """Runs one execution, or several that are executed together."""

    def __init__(self) -> None:
        self.ended = False
        self._ready: deque[tuple[Routine[Any], Any, Exception | None]] = deque()
        self._suspended: set[Routine[Any]] = set()
        self._nested = 0
        self._loads: list[_WaitingLoad] = []
        self._wave = _Wave()
        self._tasks: set[asyncio.Future[Any]] = set()
        self._busy: set[ResolverTask] = set()
        """The resolvers that run in a task and do not wait for a load."""

        self._progress = asyncio.Event()

    async def run(self, coroutine: Coroutine[Any, Any, Value]) -> Value:
        """Runs the coroutine and all routines that it spawns. Cancelling this cancels their tasks, but not the reads of
        loaders, which other executions may share."""
        root = self.spawn(coroutine)
        try:
            while not root.done:
                if self._ready:
                    self._step(*self._ready.popleft())
                elif self._loads and not self._wave.reads and not self._busy:
                    self._dispatch()
                else:
                    self._progress.clear()
                    await self._progress.wait()
            return root.value()
        finally:
            self._end_execution()

    def spawn(self, coroutine: Coroutine[Any, Any, Value]) -> Routine[Value]:
        """Starts the coroutine, which runs until it suspends for the first time."""
        routine = Routine(coroutine)
        if self._nested < MAX_NESTED:
            self._step(routine, None, None)
        else:
            self._suspended.add(routine)
            self._ready.append((routine, None, None))
        return routine

    def request(self, load: AnyLoad, resolver: ResolverTask) -> "asyncio.Future[list[Any]]":
        """Returns a future for the load's values, for a resolver that runs in a task of its own."""
        future: asyncio.Future[list[Any]] = asyncio.get_running_loop().create_future()
        future.add_done_callback(lambda future: self._continue(resolver) if future.cancelled() else None)
        resolver.waiting += 1
        self._busy.discard(resolver)
        self._loads.append(_LoadOfTask(load, resolver, future))
        self._progress.set()
        return future

    def _continue(self, resolver: ResolverTask) -> None:
        resolver.waiting -= 1
        if resolver.waiting == 0 and not resolver.ended:
            self._busy.add(resolver)

    def _end_execution(self) -> None:
        self.ended = True
        for task in self._tasks:
            task.cancel()
        for routine in self._suspended:
            routine.coroutine.close()
        for waiting in self._loads:
            # Only a task that a resolver has started and not awaited can still wait for a load.
            if isinstance(waiting, _LoadOfTask):
                waiting.future.cancel()

    # ------------------------------------------------------------------ routines

    def _step(self, routine: Routine[Any], value: Any, error: Exception | None) -> None:
        """Runs the routine until it suspends again or ends."""
        awaited: object = None
        before, driving.now = driving.now, True
        self._nested += 1
        try:
            awaited = routine.coroutine.send(value) if error is None else routine.coroutine.throw(error)
        except StopIteration as stop:
            routine.result, routine.done = stop.value, True
        except Exception as raised:
            routine.error, routine.done = raised, True
        finally:
            self._nested -= 1
            driving.now = before
        if routine.done:
            self._end(routine)
        else:
            self._suspended.add(routine)
            self._suspend(routine, awaited)

    def _suspend(self, routine: Routine[Any], awaited: object) -> None:
        match awaited:
            case Load():
                self._loads.append(_LoadOfRoutine(awaited, routine))
            case Join():
                self._join(routine, awaited)
            case OnEventLoop():
                for index, awaitable in enumerate(awaited.awaitables):
                    self._start_task(routine, awaited, index, awaitable)
            case _:
                self._ready.append((routine, None, RuntimeError(_not_a_load(awaited))))

    def _join(self, routine: Routine[Any], join: Join) -> None:
        join.joining = routine
        for joined in join.routines:
            if not joined.done:
                joined.joined_by = join
                join.missing += 1

    def _end(self, routine: Routine[Any]) -> None:
        self._suspended.discard(routine)
        join = routine.joined_by
        if join is not None:
            join.missing -= 1
            if join.missing == 0 and join.joining is not None:
                self._ready.append((join.joining, None, None))

    # ------------------------------------------------------------------ tasks

    def _start_task(self, routine: Routine[Any], awaited: OnEventLoop, index: int, awaitable: Awaitable[Any]) -> None:
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
        self._tasks.add(task)

        def ended(task: "asyncio.Future[Any]") -> None:
            self._tasks.discard(task)
            resolver.ended = True
            self._busy.discard(resolver)
            awaited.results[index] = _outcome(task)
            awaited.missing -= 1
            if awaited.missing == 0:
                self._ready.append((routine, None, None))
            self._progress.set()

        task.add_done_callback(ended)

    # ------------------------------------------------------------------ loads

    def _dispatch(self) -> None:
        """Starts a wave with all loads that were requested, or with the last ones if there are no others."""
        first = [waiting for waiting in self._loads if not waiting.load.loader.is_last]
        dispatched = first or self._loads
        self._loads = [waiting for waiting in self._loads if waiting.load.loader.is_last] if first else []
        self._wave = wave = _Wave(dispatched)
        keys: dict[AnyLoader, list[Any]] = {}
        for waiting in dispatched:
            keys.setdefault(waiting.load.loader, []).extend(waiting.load.keys)
        for loader, requested in keys.items():
            wave.reads.update(dict.fromkeys(loader.start(requested), loader))
        for read in list(wave.reads):
            read.add_done_callback(self._read_ended)
        if not wave.reads:
            self._end_wave()

    def _read_ended(self, read: "asyncio.Task[None]") -> None:
        loader = self._wave.reads.pop(read)
        outcome = _outcome(read)
        if outcome is not None:
            self._wave.failures[loader] = outcome
        if not self._wave.reads:
            self._end_wave()

    def _end_wave(self) -> None:
        wave, self._wave = self._wave, _Wave()
        for waiting in wave.loads:
            loader = waiting.load.loader
            values = loader.known(waiting.load.keys)
            failure = None if values is not None else wave.failures[loader]
            match waiting:
                case _LoadOfRoutine(routine=routine):
                    self._ready.append((routine, values, failure))
                case _LoadOfTask(future=future, resolver=resolver) if not future.done():
                    # Here and not in a callback of the future, which would run only after the next wave is dispatched.
                    self._continue(resolver)
                    if failure is not None:
                        future.set_exception(failure)
                    else:
                        future.set_result(values or [])
        self._progress.set()


def _outcome(task: "asyncio.Future[Any]") -> Any:
    """Returns the result of a task, or the exception that it raised. A cancelled task is an error of what awaits it and
    does not cancel the whole execution."""
    if task.cancelled():
        return RuntimeError("A resolver or a read was cancelled.")
    error = task.exception()
    return error if error is not None else task.result()


def _not_a_load(awaited: object) -> str:
    what = "the next turn of the event loop" if awaited is None else repr(awaited)
    return (
        f"A level field can only await loads of an execution.Loader, and this one awaited {what}."
        " Use an ordinary asynchronous resolver for everything else."
    )
