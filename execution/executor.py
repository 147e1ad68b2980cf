"""The executor that strawberry and graphql-core use: `strawberry.Schema(…, execution_context_class=…)`."""

from typing import Any

from graphql import ExecutionResult, GraphQLError, OperationType
from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext

from execution.events import EventQueue
from execution.plan import SelectionPlan
from execution.plan_cache import PlanCache
from execution.run import Run
from execution.scheduler import Scheduler

NESTED_TOO_DEEPLY = "Selections are nested too deeply. Execution aborted."
"""What graphql-core reports when it exhausts Python's stack."""


class BreadthFirstExecutor(StrawberryGraphQLCoreExecutionContext):
    """Executes an operation one level at a time, with the results of the class that it extends. That class still
    executes operations that introspect the schema or that use what breadth-first execution does not support."""

    def execute_operation(self, serially: bool | None = None) -> Any:
        """Returns an awaitable for the result, or the result of an operation that graphql-core executes."""
        if self._needs_graphql_core():
            return super().execute_operation(serially)
        try:
            plan = _plans.plan_of(self)
        except GraphQLError as error:
            return ExecutionResult(None, [error])
        except RecursionError:
            return self._nested_too_deeply()
        if plan is None:
            return super().execute_operation(serially)
        if self.operation.operation == OperationType.SUBSCRIPTION:
            return _events.submit(self, plan)
        return self._execute(plan)

    def _needs_graphql_core(self) -> bool:
        """Returns whether something applies that acts on each resolver call, or that changes how errors propagate."""
        middleware = self.middleware_manager
        return (
            (middleware is not None and bool(middleware.middlewares))
            or bool(self.schema._strawberry_schema.exception_handlers)  # type: ignore[attr-defined]
            or self.abort_signal is not None
            or self.hooks is not None
            or not self.error_propagation
        )

    async def _execute(self, plan: SelectionPlan) -> ExecutionResult:
        scheduler = Scheduler()
        run = Run(self, scheduler)
        if self.operation.operation == OperationType.MUTATION:
            execution = run.execute_serially(plan, self.root_value)
        else:
            execution = run.execute(plan, [self.root_value])
        try:
            (data,) = await scheduler.run(execution)
        except RecursionError:
            return self._nested_too_deeply()
        return ExecutionResult(data, run.errors.of(0))

    def _nested_too_deeply(self) -> ExecutionResult:
        return ExecutionResult(None, [GraphQLError(NESTED_TOO_DEEPLY, self.operation)])


# Global on purpose: requests share plans, and the events of all sockets are executed together. A plan keeps nothing of
# the request that it was compiled for, and an event is dropped as soon as it is executed.
_plans = PlanCache()
_events = EventQueue()
