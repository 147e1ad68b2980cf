"""Executing documents with graphql-core and breadth first, and comparing the results.

graphql-core executes fields that await something concurrently. If several of them raise below a non-null field, which
errors it reports depends on their timing. So there are two references:

- `stock`: strawberry's executor. The data is compared, and the errors without their order. For a value that is null
  because of errors below it, both must report an error.
- `in_order`: the same executor, but it finishes each field and list item before it starts the next one, as graphql-core
  does if no resolver is asynchronous. Everything is compared, including the order of errors.
"""

import json
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass
from inspect import isawaitable, iscoroutine
from typing import Any

import strawberry
from graphql import DocumentNode, ExecutionResult, GraphQLError, execute, parse, subscribe
from graphql.execution import Executor
from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext

from execution import BreadthFirstExecutor
from tests.execution.documents import Document
from tests.execution.example_schema import REFERENCE, Context

Path = tuple[str | int, ...]


class InOrderExecutor(StrawberryGraphQLCoreExecutionContext):
    """Finishes each field and each list item before it starts the next one."""

    def execute_fields(self, *arguments: Any) -> Any:
        return self.execute_fields_serially(*arguments)

    async def complete_iterable_value(
        self, item_type: Any, details: Any, info: Any, path: Any, items: Iterable[Any], position_context: Any
    ) -> Any:
        completed: list[Any] = []
        iterator = iter(items)
        try:
            for item in iterator:
                await self._complete_item(completed, item, item_type, details, info, path, position_context)
        finally:
            for item in iterator:
                if iscoroutine(item):
                    item.close()
        return completed

    async def complete_async_iterator_value(
        self, item_type: Any, details: Any, info: Any, path: Any, async_iterator: Any, position_context: Any
    ) -> Any:
        completed: list[Any] = []
        async for item in async_iterator:
            await self._complete_item(completed, item, item_type, details, info, path, position_context)
        return completed

    async def _complete_item(
        self, completed: list[Any], item: Any, item_type: Any, details: Any, info: Any, path: Any, context: Any
    ) -> None:
        at = path.add_key(len(completed), None)
        if isawaitable(item):
            completed.append(await self.complete_awaitable_list_item_value(item, item_type, details, info, at, context))
        elif self.complete_list_item_value(item, completed, item_type, details, info, at, context):
            completed[-1] = await completed[-1]


@dataclass(frozen=True)
class Error:
    path: Path | None
    message: str
    extensions: str
    locations: tuple[tuple[int, int], ...]

    @staticmethod
    def of(error: GraphQLError) -> "Error":
        return Error(
            tuple(error.path) if error.path is not None else None,
            error.message,
            json.dumps(error.extensions, sort_keys=True),
            tuple((location.line, location.column) for location in error.locations or ()),
        )


@dataclass(frozen=True)
class Result:
    data: str
    """As JSON, so that the order of keys is compared and 1 is not equal to true."""

    errors: tuple[Error, ...] = ()
    log: tuple[str, ...] = ()

    @staticmethod
    def of(result: ExecutionResult, context: Context) -> "Result":
        errors = tuple(Error.of(error) for error in result.errors or ())
        return Result(json.dumps(result.data, indent=1), errors, tuple(context.log))

    def agrees_with(self, stock: "Result") -> bool:
        """Returns whether the result equals that of the stock executor, except for what depends on timing there: which
        errors are reported for a value that became null because of an error below it."""
        if (self.data, self.log) != (stock.data, stock.log):
            return False
        errors, expected = self._errors_by_null(), stock._errors_by_null()
        return errors.keys() == expected.keys() and all(
            errors[null] == expected[null] or any(error.path != null for error in errors[null] | expected[null])
            for null in errors
        )

    def _errors_by_null(self) -> dict[Path, set[Error]]:
        """Returns the errors by the path of the null in the data that they caused."""
        data = json.loads(self.data)
        by_null: dict[Path, set[Error]] = {}
        for error in self.errors:
            by_null.setdefault(_null_of(data, error.path or ()), set()).add(error)
        return by_null


def _null_of(data: Any, path: Path) -> Path:
    """Returns the path of the null that stands on this path in the data."""
    for length, key in enumerate(path):
        if data is None:
            return path[:length]
        data = data[key]
    assert data is None, f"There is an error at {path} and a value as well."
    return path


async def run(
    document: Document | DocumentNode,
    executor: type[Executor[Any]],
    variables: dict[str, Any] | None = None,
    schema: strawberry.Schema = REFERENCE,
) -> Result:
    """Executes a query or mutation."""
    node = parse(document.text) if isinstance(document, Document) else document
    values = document.variables if isinstance(document, Document) else variables
    context = Context()
    result = execute(schema._schema, node, variable_values=values, context_value=context, executor_class=executor)
    if isawaitable(result):
        result = await result
    return Result.of(result, context)


async def run_events(document: Document, executor: type[Executor[Any]]) -> list[Result]:
    """Executes a subscription; returns one result for each event."""
    context = Context()
    stream: Any = subscribe(
        REFERENCE._schema,
        parse(document.text),
        variable_values=document.variables,
        context_value=context,
        executor_class=executor,
    )
    if isawaitable(stream):
        stream = await stream
    if not isinstance(stream, AsyncIterator):
        return [Result.of(stream, context)]
    return [Result.of(result, context) async for result in stream]


async def assert_same(document: Document) -> Result:
    """Executes a query or mutation with all executors and compares their results. Returns the result."""
    node = parse(document.text)
    breadth_first = await run(node, BreadthFirstExecutor, document.variables)
    stock = await run(node, StrawberryGraphQLCoreExecutionContext, document.variables)
    in_order = await run(node, InOrderExecutor, document.variables)
    assert breadth_first == in_order
    assert breadth_first.agrees_with(stock)
    return breadth_first


async def assert_same_events(document: Document) -> list[Result]:
    """Executes a subscription with all executors and compares the results of its events. Returns them."""
    breadth_first = await run_events(document, BreadthFirstExecutor)
    stock = await run_events(document, StrawberryGraphQLCoreExecutionContext)
    in_order = await run_events(document, InOrderExecutor)
    assert breadth_first == in_order
    assert all(each.agrees_with(expected) for each, expected in zip(breadth_first, stock, strict=True))
    return breadth_first
