"""Executing documents breadth first, for tests of the scheduler and of loads."""

from typing import Any

import strawberry
from graphql import ExecutionResult, parse

from execution import BreadthFirstExecutor


def build_schema(query: type, subscription: type | None = None, **options: Any) -> strawberry.Schema:
    return strawberry.Schema(query, subscription=subscription, execution_context_class=BreadthFirstExecutor, **options)


async def execute(
    schema: strawberry.Schema, document: str, context: object = None, variables: dict[str, Any] | None = None
) -> ExecutionResult:
    executor = BreadthFirstExecutor.build(schema._schema, parse(document), None, context, variables)
    assert isinstance(executor, BreadthFirstExecutor), executor
    result: ExecutionResult = await executor.execute_operation()
    return result


def errors_of(result: ExecutionResult) -> list[tuple[list[str | int] | None, str]]:
    return [(error.path, error.message) for error in result.errors or []]
