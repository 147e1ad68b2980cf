"""The executor that strawberry and graphql-core use: `strawberry.Schema(…, execution_context_class=…)`."""

import sys
from collections.abc import Mapping
from typing import Any, ClassVar, Self

from graphql import DocumentNode, ExecutionResult, GraphQLError, GraphQLSchema, OperationType
from graphql.type import GraphQLResolveInfoHelpers
from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext
from strawberry.types.field import StrawberryField

from execution.compilation import Compilation
from execution.events import EventOperation, EventQueue, executor_for
from execution.execute import execute_serially, execute_together
from execution.plan import SelectionPlan
from execution.plans import Plans, plans_of
from execution.turns import current_turns, end_of_turn

NESTED_TOO_DEEPLY = "Selections are nested too deeply. Execution aborted."
"""What graphql-core reports when it exhausts Python's stack."""


class BreadthFirstExecutor(StrawberryGraphQLCoreExecutionContext):
    """Executes an operation one level at a time, with the results of the class that it extends. That class still
    executes operations that introspect the schema or that use what breadth-first execution does not support."""

    encoded_types: ClassVar[Mapping[str, type]] = {}
    """For names of scalars, a Python type whose values are not serialized: the results contain them unchanged, and the
    JSON encoder must serialize them as the scalar does."""

    max_objects: ClassVar[int] = sys.maxsize
    """How many objects the result of a query may have, each counted at every place where it is completed. More raise
    TooManyObjects."""

    _plans: Plans
    _event_operation: EventOperation | None = None
    """Set when the first event is executed."""

    @classmethod
    def build(
        cls, schema: GraphQLSchema, document: DocumentNode, *args: Any, **kwargs: Any
    ) -> Self | list[GraphQLError]:
        """Returns an executor, or a list of errors if the operation or its variables are invalid."""
        executor = super().build(schema, document, *args, **kwargs)
        if isinstance(executor, cls):
            executor._plans = plans_of(document)
            return executor
        assert isinstance(executor, list)
        return executor

    @staticmethod
    def check_arguments(field: StrawberryField, arguments: Mapping[str, Any]) -> None:
        """Called before the resolver of a field, with its arguments by their Python names. A subclass may raise an
        exception, which is the error of the field. Not called for fields with extensions or permission classes."""

    @property
    def async_helpers(self) -> GraphQLResolveInfoHelpers:
        """Made on each access. Stored as an attribute, it would be part of a reference cycle, which keeps the executor
        and its context in memory until a garbage collection."""
        return GraphQLResolveInfoHelpers(gather=self.gather_async_work, track=self.track_async_work)

    @async_helpers.setter
    def async_helpers(self, _: GraphQLResolveInfoHelpers) -> None:
        """Ignores the value that graphql-core assigns."""

    def execute_operation(self, serially: bool | None = None) -> Any:
        """Returns an awaitable for the result, or the result of an operation that graphql-core executes."""
        return self._execute_root(self.root_value, serially)

    def execute_event(self, event: object) -> Any:
        """Executes an event of the subscription, an Event or a plain value. Returns what `execute_operation` returns.
        Events that are executed together share one executor. graphql-core's `subscribe` makes one for each event."""
        if self._event_operation is None:
            return self._execute_root(event, serially=False)
        return _events.submit(self._event_operation, event)

    def _execute_root(self, root: object, serially: bool | None) -> Any:
        if self._needs_graphql_core():
            return self._execute_with_graphql_core(root, serially)
        compilation = self._plans.compilation_of(self)
        if compilation.has_ended or compilation.proceed(end_of_turn()):
            return self._execute_compiled(compilation, root, serially)
        return self._compile_and_execute(compilation, root, serially)

    async def _compile_and_execute(
        self, compilation: Compilation[SelectionPlan | None], root: object, serially: bool | None
    ) -> ExecutionResult:
        turns = current_turns()
        while not compilation.proceed(turns.end()):
            await turns.pause()
        executed = self._execute_compiled(compilation, root, serially)
        return executed if isinstance(executed, ExecutionResult) else await executed

    def _execute_compiled(
        self, compilation: Compilation[SelectionPlan | None], root: object, serially: bool | None
    ) -> Any:
        try:
            plan = compilation.result()
        except GraphQLError as error:
            return ExecutionResult(None, [error])
        except RecursionError:
            return self._nested_too_deeply()
        if plan is None:
            return self._execute_with_graphql_core(root, serially)
        if self.operation.operation == OperationType.SUBSCRIPTION:
            self._event_operation = EventOperation(self, plan)
            return _events.submit(self._event_operation, root)
        return self._execute(plan, root)

    def _needs_graphql_core(self) -> bool:
        """Returns whether the operation uses something that acts on each resolver call, or that changes how errors
        propagate."""
        middleware = self.middleware_manager
        return (
            (middleware is not None and bool(middleware.middlewares))
            or bool(self.schema._strawberry_schema.exception_handlers)  # type: ignore[attr-defined]
            or self.abort_signal is not None
            or self.hooks is not None
            or not self.error_propagation
        )

    def _execute_with_graphql_core(self, root: object, serially: bool | None) -> Any:
        executor = executor_for(self, root)
        return StrawberryGraphQLCoreExecutionContext.execute_operation(executor, serially)

    async def _execute(self, plan: SelectionPlan, root: object) -> ExecutionResult:
        try:
            if self.operation.operation == OperationType.MUTATION:
                return await execute_serially(self, plan, root)
            return await execute_together(self, plan, root, self.max_objects)
        except RecursionError:
            return self._nested_too_deeply()

    def _nested_too_deeply(self) -> ExecutionResult:
        return ExecutionResult(None, [GraphQLError(NESTED_TOO_DEEPLY, self.operation)])


# Global on purpose: the events of all sockets are executed together. An event is dropped as soon as it is executed.
_events = EventQueue()
