"""Executing the events of subscriptions together."""

import asyncio
from collections.abc import Awaitable, Hashable
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable
from weakref import WeakKeyDictionary

from graphql import ExecutionResult
from graphql.execution import Executor

from execution.plan import SelectionPlan
from execution.run import Run
from execution.scheduler import Join, Scheduler


@runtime_checkable
class SharedContext(Protocol):
    """A context whose events can be executed together with those of other contexts.

    Events are executed together if their operation, their variables and their keys are equal. Resolvers then see the
    context, the root value and the operation extensions of the first of them, and one Loader serves all. So whatever
    depends on the reader must come from the objects, and be loaded under a key that contains the reader.
    """

    def execution_key(self) -> Hashable:
        """Returns a key that is equal for contexts that can stand for each other."""


@dataclass(frozen=True, eq=False, slots=True)
class _Event:
    executor: Executor[Any]
    plan: SelectionPlan
    result: "asyncio.Future[ExecutionResult]"


class EventQueue:
    """Gathers the events that are submitted in one turn of an event loop, and executes them together."""

    def __init__(self) -> None:
        self._events: WeakKeyDictionary[asyncio.AbstractEventLoop, list[_Event]] = WeakKeyDictionary()
        self._running: set[asyncio.Task[None]] = set()
        """The event loop itself keeps only weak references to tasks."""

    def submit(self, executor: Executor[Any], plan: SelectionPlan) -> Awaitable[ExecutionResult]:
        """Returns an awaitable for the result of the event that is the executor's root value."""
        loop = asyncio.get_running_loop()
        events = self._events.get(loop)
        if events is None:
            events = self._events[loop] = []
            loop.call_soon(self._start, loop)
        event = _Event(executor, plan, loop.create_future())
        events.append(event)
        return event.result

    def _start(self, loop: asyncio.AbstractEventLoop) -> None:
        """Starts one task for the events of each context key. They share loaders, so their loads are dispatched
        together. Events of other keys do not wait for the same reads."""
        by_context: dict[Hashable, list[_Event]] = {}
        for event in self._events.pop(loop):
            by_context.setdefault(_context_key(event), []).append(event)
        for events in by_context.values():
            task = loop.create_task(_execute(events))
            self._running.add(task)
            task.add_done_callback(self._running.discard)


async def _execute(events: list[_Event]) -> None:
    """Executes the events of one context key. Each result waits for its own group only. An event that is no longer
    awaited is executed all the same, as its group needs it no less than before."""
    groups: dict[Hashable, list[_Event]] = {}
    for event in events:
        groups.setdefault(_group_key(event), []).append(event)
    scheduler = Scheduler()

    async def execute_all() -> None:
        await Join([scheduler.spawn(_execute_group(group, scheduler)) for group in groups.values()])

    try:
        await scheduler.run(execute_all())
    finally:
        for event in events:
            # Nobody waits forever if this task is cancelled.
            event.result.cancel()


async def _execute_group(group: list[_Event], scheduler: Scheduler) -> None:
    run = Run(group[0].executor, scheduler)
    try:
        rows = await run.execute(group[0].plan, [event.executor.root_value for event in group])
        results = [ExecutionResult(data, run.errors.of(number)) for number, data in enumerate(rows)]
    except Exception as error:
        for event in group:
            if not event.result.done():
                event.result.set_exception(error)
        return
    for event, result in zip(group, results, strict=True):
        if not event.result.done():
            event.result.set_result(result)


def _context_key(event: _Event) -> Hashable:
    """Returns a key of its own for an event that cannot be executed together with others."""
    context = event.executor.context_value
    return context.execution_key() if isinstance(context, SharedContext) else (EventQueue, id(event))


def _group_key(event: _Event) -> Hashable:
    """Returns a key that is equal for events of one context key that have the same operation and variables."""
    if not isinstance(event.executor.context_value, SharedContext):
        return id(event)
    # The values that the client sent, not the coerced ones, which may compare equal without being the same.
    sources = event.executor.variable_values.sources
    variables = tuple((name, _frozen(sources[name].value)) for name in sorted(sources))
    return id(event.plan), variables


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
