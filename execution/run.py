"""One execution: resolves the fields of a plan, level by level."""

import sys
from collections import deque
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from functools import partial
from inspect import isawaitable, iscoroutine
from time import perf_counter
from typing import Any, TypeVar

from graphql.execution import Executor

from execution.compilation import Compilation
from execution.completion import Completion
from execution.errors import ErrorLog
from execution.level import Conditional
from execution.plan import FieldPlan, LeafPlan, SelectionPlan
from execution.positions import FieldPosition, Position
from execution.resolvers import Column, Resolved
from execution.results import ConditionalValues, Level, PendingValues, SharedValues, Values
from execution.scheduler import Scheduler

Compiled = TypeVar("Compiled")


class TooManyObjects(Exception):
    """The result of an execution has more objects than it may have."""


OnEnd = Callable[[ErrorLog, Exception | None], None]
"""Receives the errors of the fields, and the exception that ended the execution."""


class Run(Completion):
    """Executes a plan for one or more roots that share a context and variables. `on_end` is called each time that the
    values of all fields that were started are known, or with the exception that ended the execution.

    The objects of an execution have no reference cycles, so they are freed as soon as it has ended, without a garbage
    collection, which would stop all requests.
    """

    def __init__(
        self, executor: Executor[Any], scheduler: Scheduler, on_end: OnEnd, max_objects: int = sys.maxsize
    ) -> None:
        """More than `max_objects` end the execution with TooManyObjects."""
        super().__init__(executor)
        self._objects_left = max_objects
        self._scheduler = scheduler
        self._on_end = on_end
        self._unresolved: deque[Level] = deque()
        """The levels whose fields are not all resolved yet."""

        self._shared: list[SharedValues] = []
        self._without_rows: list[Level] = []
        """In the order in which they were added, so each level comes after the one that contains its objects."""

        self._is_working = False
        """Whether `_work` is running, or paused."""

        self._unknown = 0
        """The number of PendingValues that are still pending."""

    def start(self, root: Level) -> None:
        """Resolves all fields of the root, and makes its rows."""
        self._without_rows.append(root)
        self._proceed(lambda: self._unresolved.append(root))

    def start_field(self, root: Level, field: FieldPlan) -> None:
        """Resolves one field of the root. Call it for the fields in their order."""
        self._proceed(lambda: root.values.append(self._resolve(field, root)))

    # ------------------------------------------------------------------ for completion

    def add_level(self, plan: SelectionPlan, objects: list[Any], position: Position) -> Level:
        self._objects_left -= len(objects)
        if self._objects_left < 0:
            raise TooManyObjects
        level = Level(plan, objects, position)
        self._unresolved.append(level)
        self._without_rows.append(level)
        return level

    def complete_later(self, complete: Callable[[], Values]) -> Values:
        pending = self._new_pending()
        self._scheduler.run_later(partial(self._set, pending, complete))
        return pending

    def complete_compiled(self, compilation: Compilation[Compiled], complete: Callable[[Compiled], Values]) -> Values:
        if compilation.proceed(self._scheduler.turns.end()):
            return complete(compilation.result())
        pending = self._new_pending()
        self._scheduler.run_later(partial(self._set_compiled, pending, compilation, complete))
        return pending

    def add_shared(self, shared: SharedValues) -> None:
        self._shared.append(shared)

    def await_values(self, values: Column, complete: Callable[[Column], Values]) -> Values:
        numbers = [number for number, value in enumerate(values) if isawaitable(value)]
        if not numbers:
            return complete(values)
        pending = self._new_pending()

        def on_end(results: list[Any]) -> None:
            known = list(values)
            for number, result in zip(numbers, results, strict=True):
                known[number] = result
            self._set(pending, lambda: complete(known))

        self._scheduler.await_all([values[number] for number in numbers], on_end)
        return pending

    # ------------------------------------------------------------------ fields

    def _proceed(self, action: Callable[[], None]) -> None:
        """Runs the action, and does the work that it adds."""
        try:
            action()
        except Exception as error:
            self._on_end(self.errors, error)
            return
        if not self._is_working:
            self._is_working = True
            self._work()

    def _work(self) -> None:
        """Works until nothing is left to do, or the time of this turn is used up. Then it continues in another."""
        try:
            end = self._scheduler.turns.end()
            if not self._resolve_levels(end) or (not self._unknown and not self._finish(end)):
                self._scheduler.run_later(self._work)
                return
            self._is_working = False
            if not self._unknown:
                self._on_end(self.errors, None)
        except Exception as error:
            self._on_end(self.errors, error)

    def _resolve_levels(self, end: float) -> bool:
        """Resolves the fields of all levels. Returns False if the time was used up before that."""
        while self._unresolved:
            level = self._unresolved[0]
            for field in level.plan.fields[len(level.values) :]:
                if perf_counter() > end:
                    return False
                level.values.append(self._resolve(field, level))
            self._unresolved.popleft()
        return True

    def _finish(self, end: float) -> bool:
        """Puts the values together, unless more of them must be completed. Returns False if something is left to do."""
        while self._shared:
            self.complete_others(self._shared.pop())
            if self._unresolved or self._unknown:
                return False
        while self._without_rows:
            # The levels within it come after it, so their rows are made already.
            level = self._without_rows[-1]
            while not level.has_rows:
                if perf_counter() > end:
                    return False
                level.make_next_rows()
            self._without_rows.pop()
        return True

    def _resolve(self, field: FieldPlan, level: Level) -> Values:
        """Returns the completed values of the field."""
        resolver, plan, objects = field.resolver, field.value, level.objects
        if resolver.is_immediate and isinstance(plan, LeafPlan):
            values = resolver.resolve(self.calls, field, objects, level.position)
            assert isinstance(values, list)
            if plan.serializer.sends(values, set(map(type, values)), plan.non_null):
                return values
            return self._complete(field, values, level)
        try:
            resolved = resolver.resolve(self.calls, field, objects, FieldPosition(level.position, field.step))
        except Exception as error:
            return self._complete(field, [error] * len(objects), level)
        if isinstance(resolved, Awaitable):
            return self._complete_later(field, resolved, level)
        return self._complete(field, resolved, level)

    def _complete_later(self, field: FieldPlan, resolved: Awaitable[Any], level: Level) -> Values:
        pending = self._new_pending()

        def on_end(values: Any, error: Exception | None) -> None:
            column = values if error is None else [error] * len(level.objects)
            self._set(pending, lambda: self._complete(field, column, level))

        self._scheduler.start(_coroutine(resolved), on_end)
        return pending

    def _complete(self, field: FieldPlan, resolved: Resolved, level: Level) -> Values:
        position = FieldPosition(level.position, field.step)
        if isinstance(resolved, Conditional):
            return self._complete_conditional(field, resolved, position)
        values = resolved if isinstance(resolved, list) else list(resolved)
        if len(values) != len(level.objects):
            error = ValueError(f"{field.key}: {len(values)} values for {len(level.objects)} objects")
            values = [error] * len(level.objects)
        return self.complete(field.value, values, position, field)

    def _complete_conditional(self, field: FieldPlan, resolved: Conditional[Any], position: Position) -> Values:
        complete = self.complete
        conditional = ConditionalValues(
            shown=complete(field.value, list(resolved.values), position, field),
            hidden=complete(field.value, list(resolved.otherwise), position, field),
            position=position,
            errors=self.errors,
        )
        pending = self._new_pending()

        def on_end(condition: Sequence[bool] | None, error: Exception | None) -> None:
            failed = [error] * len(resolved.values)
            conditional.condition = condition or []
            self._set(pending, lambda: conditional if error is None else complete(field.value, failed, position, field))

        self._scheduler.start(_coroutine(resolved.condition), on_end)
        return pending

    def _new_pending(self) -> PendingValues:
        self._unknown += 1
        return PendingValues()

    def _set_compiled(
        self, pending: PendingValues, compilation: Compilation[Compiled], complete: Callable[[Compiled], Values]
    ) -> None:
        if compilation.proceed(self._scheduler.turns.end()):
            self._set(pending, lambda: complete(compilation.result()))
        else:
            self._scheduler.run_later(partial(self._set_compiled, pending, compilation, complete))

    def _set(self, pending: PendingValues, values: Callable[[], Values]) -> None:
        def set_values() -> None:
            pending.values = values()
            self._unknown -= 1

        self._proceed(set_values)


def _coroutine(awaitable: Awaitable[Any]) -> Coroutine[Any, Any, Any]:
    async def await_it() -> Any:
        return await awaitable

    return awaitable if iscoroutine(awaitable) else await_it()
