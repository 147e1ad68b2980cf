"""Executing the events of subscriptions together."""

import asyncio
from collections.abc import Awaitable, Hashable
from functools import partial
from threading import local
from typing import Any, Generic, NamedTuple, TypeVar

from graphql import ExecutionResult
from graphql.execution import Executor

from execution.errors import ErrorLog
from execution.plan import SelectionPlan
from execution.positions import RootPosition
from execution.results import Level
from execution.run import Run
from execution.scheduler import Scheduler

Value = TypeVar("Value")


class Event(NamedTuple, Generic[Value]):
    """A value with the context in which it is executed. The resolver of a subscription may yield it instead of a plain
    value.

    Events that are submitted in one turn of the event loop are executed together if their operations, their variables
    and their contexts are equal. They then share loaders. So whatever depends on the reader must come from the value
    and its objects, and must be loaded under a key that contains the reader.
    """

    value: Value
    context: Hashable


class _Submitted(NamedTuple):
    """An event whose result is awaited."""

    operation: "EventOperation"
    event: object
    result: "asyncio.Future[ExecutionResult]"

    @property
    def root(self) -> object:
        return self.event.value if isinstance(self.event, Event) else self.event


class EventOperation:
    """The operation of a subscription with its plan, for executing its events."""

    def __init__(self, executor: Executor[Any], plan: SelectionPlan) -> None:
        self.executor = executor
        self.plan = plan
        # The values that the client sent are JSON, which can be compared exactly. Coerced values can be of any type.
        sources = executor.variable_values.sources
        self.key: Hashable = (id(plan), *((name, _frozen(sources[name].value)) for name in sorted(sources)))
        """Equal for operations of the same plan with the same variables."""


class EventQueue(local):
    """Collects the events that are submitted in one turn of the thread's event loop, and executes them together."""

    def __init__(self) -> None:
        self._loop: asyncio.AbstractEventLoop | None = None
        self._events: list[_Submitted] = []
        self._running: set[asyncio.Task[None]] = set()
        """The event loop itself keeps only weak references to tasks."""

    def submit(self, operation: EventOperation, event: object) -> Awaitable[ExecutionResult]:
        """Returns an awaitable for the result of the event: an Event, or a plain value that is executed alone."""
        loop = asyncio.get_running_loop()
        if not self._events or self._loop is not loop:
            # Events of another loop were submitted before it was closed.
            self._loop, self._events = loop, []
            loop.call_soon(self._start, loop)
        result: asyncio.Future[ExecutionResult] = loop.create_future()
        self._events.append(_Submitted(operation, event, result))
        return result

    def _start(self, loop: asyncio.AbstractEventLoop) -> None:
        """Starts one task for the events of each context. They share loaders, so their loads are dispatched together,
        without waiting for the reads of other contexts."""
        submitted_now, self._events = self._events, []
        by_context: dict[Hashable, list[_Submitted]] = {}
        for submitted in submitted_now:
            by_context.setdefault(_context_key(submitted), []).append(submitted)
        for events in by_context.values():
            task = loop.create_task(_execute(events))
            self._running.add(task)
            task.add_done_callback(self._running.discard)


async def _execute(events: list[_Submitted]) -> None:
    """Executes the events of one context. Each result waits for its own group only. Cancelling the caller of one event
    does not affect its group, in which the event is still executed."""
    groups: dict[Hashable, list[_Submitted]] = {}
    for submitted in events:
        groups.setdefault(_group_key(submitted), []).append(submitted)
    try:
        with Scheduler() as scheduler:
            for group in groups.values():
                _start_group(group, scheduler)
            await scheduler.run()
    finally:
        for submitted in events:
            # Has no effect unless this task was cancelled. The callers would then wait forever.
            submitted.result.cancel()


def _start_group(group: list[_Submitted], scheduler: Scheduler) -> None:
    """Starts executing events that are the roots of one run."""
    operation = group[0].operation
    level = Level(operation.plan, [submitted.root for submitted in group], RootPosition())
    executor = executor_for(operation.executor, group[0].event)
    Run(executor, scheduler, partial(_end_group, group, level, scheduler)).start(level)


def _end_group(
    group: list[_Submitted], level: Level, scheduler: Scheduler, errors: ErrorLog, error: Exception | None
) -> None:
    for number, submitted in enumerate(group):
        scheduler.run_later(partial(_end_event, submitted, number, level, errors, error))


def _end_event(submitted: _Submitted, number: int, level: Level, errors: ErrorLog, error: Exception | None) -> None:
    if submitted.result.done():
        return
    if error is not None:
        submitted.result.set_exception(error)
    else:
        submitted.result.set_result(ExecutionResult(level.column()[number], errors.of(number)))


def executor_for(executor: Executor[Any], root: object) -> Executor[Any]:
    """Returns the executor for this root: an event's value in the event's context, or a plain value."""
    executor = executor.build_per_event_executor(root)
    if isinstance(root, Event):
        executor.root_value, executor.context_value = root.value, root.context
    return executor


def _context_key(submitted: _Submitted) -> Hashable:
    """Returns the context of the event. A plain value, which is executed alone, has a unique key."""
    return submitted.event.context if isinstance(submitted.event, Event) else (EventQueue, id(submitted))


def _group_key(submitted: _Submitted) -> Hashable:
    """Returns a key that is equal for events of one context that have the same operation and variables."""
    return submitted.operation.key if isinstance(submitted.event, Event) else id(submitted)


def _frozen(value: object) -> Hashable:
    """Returns a key that is equal only for equal JSON values. 1, 1.0, true and "1" are all different."""
    match value:
        case dict():
            return tuple((key, _frozen(item)) for key, item in value.items())
        case list():
            return list, tuple(map(_frozen, value))
        case None | str() | int() | float():
            return type(value), repr(value)
        case _:
            return type(value), id(value)
