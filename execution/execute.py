"""Executing a plan for a single root: a query or a mutation."""

from typing import Any

from graphql import ExecutionResult
from graphql.execution import Executor

from execution.errors import ErrorLog
from execution.plan import SelectionPlan
from execution.positions import RootPosition
from execution.results import Level, column_of
from execution.run import Run
from execution.scheduler import Scheduler


async def execute_together(
    executor: Executor[Any], plan: SelectionPlan, root: object, max_objects: int
) -> ExecutionResult:
    """Returns the result of a query, whose root fields are executed together. Raises TooManyObjects."""
    level = Level(plan, [root], RootPosition())
    with Scheduler() as scheduler:
        run = Run(executor, scheduler, _raise, max_objects)
        run.start(level)
        await scheduler.run()
    (data,) = level.column()
    return ExecutionResult(data, run.errors.of(0))


async def execute_serially(executor: Executor[Any], plan: SelectionPlan, root: object) -> ExecutionResult:
    """Returns the result of a mutation, whose root fields are executed one after the other."""
    level = Level(plan, [root], RootPosition())
    with Scheduler() as scheduler:
        run = Run(executor, scheduler, _raise)
        for field in plan.fields:
            run.start_field(level, field)
            await scheduler.run()
            # Also drops the errors of values that are not shown, before a later field may end the execution.
            column = level.values[-1] = column_of(level.values[-1])
            if field.value.non_null and column == [None]:
                return ExecutionResult(None, run.errors.of(0))
    level.make_next_rows()  # the row of the root
    (data,) = level.column()
    return ExecutionResult(data, run.errors.of(0))


def _raise(_: ErrorLog, error: Exception | None) -> None:
    if error is not None:
        raise error
