"""The plans of a document: which executions share one, how much memory they take, and when they are freed."""

import gc
import weakref
from math import inf
from typing import Any

import pytest
import strawberry
from graphql import DocumentNode, ExecutionResult, parse

from execution import BreadthFirstExecutor, plans_of
from execution.plan import SelectionPlan
from execution.plans import VARIANTS
from tests.execution.running import build_schema


@strawberry.interface
class Node:
    id: int = 1


@strawberry.type
class Leaf(Node):
    @strawberry.field
    def child(self) -> "Leaf":
        return Leaf()

    @strawberry.field
    def node(self) -> Node:
        return Leaf()


@strawberry.type
class Query:
    @strawberry.field
    def leaf(self) -> Leaf:
        return Leaf()


SCHEMA = build_schema(Query, types=[Leaf])


def executor_of(document: DocumentNode, variables: Any = None, operation: str | None = None) -> BreadthFirstExecutor:
    executor = BreadthFirstExecutor.build(
        SCHEMA._schema, document, raw_variable_values=variables, operation_name=operation
    )
    assert isinstance(executor, BreadthFirstExecutor)
    return executor


def plan_of(document: DocumentNode, variables: Any = None, operation: str | None = None) -> SelectionPlan:
    compilation = plans_of(document).compilation_of(executor_of(document, variables, operation))
    assert compilation.proceed(inf)
    plan = compilation.result()
    assert plan is not None
    return plan


def keys(plan: SelectionPlan) -> list[str]:
    value: Any = plan.fields[0].value
    return [field.key for field in value.selection.fields]


def test_a_plan_belongs_to_an_operation_and_the_values_of_its_conditions() -> None:
    document = parse(
        """
        query One($flag: Boolean!) { leaf { a: id @skip(if: $flag) b: id } }
        query Two($flag: Boolean) { leaf { c: id } }
        """
    )
    cases = [("One", True), ("One", False), ("Two", True), ("Two", False)]
    plans = [plan_of(document, {"flag": flag}, operation) for operation, flag in cases]
    assert [keys(plan) for plan in plans] == [["b"], ["a", "b"], ["c"], ["c"]]
    assert plans[2] is plans[3], "its conditions do not use the variable"
    assert [plan_of(document, {"flag": flag}, operation) for operation, flag in cases] == plans


def test_a_document_keeps_a_limited_number_of_plans_and_reports_their_fields() -> None:
    document = parse("query ($a: Boolean!, $b: Int) { leaf { id @skip(if: $a) child { id } } }")
    growth: list[int] = []
    plans_of(document).on_growth = growth.append
    plan_of(document, {"a": True}), plan_of(document, {"a": False}), plan_of(document, {"a": False})
    assert growth == [3, 4]

    names = [f"v{number}" for number in range(5)]
    fields = " ".join(f"{name}: id @skip(if: ${name})" for name in names)
    document = parse(f"query ({' '.join(f'${name}: Boolean!' for name in names)}) {{ leaf {{ {fields} }} }}")
    plans_of(document).on_growth = growth.append
    growth.clear()
    kept: list[SelectionPlan] = []
    for number in range(2 ** len(names)):
        kept.append(plan_of(document, {name: bool(number >> place & 1) for place, name in enumerate(names)}))
    assert sum(growth) == sum(1 + len(keys(plan)) for plan in kept[-VARIANTS:])


async def test_selections_that_are_compiled_later_are_reported_too() -> None:
    document = parse("{ leaf { node { id a: id b: id } } }")
    growth: list[int] = []
    plans_of(document).on_growth = growth.append
    for _ in range(2):
        assert (await executor_of(document).execute_operation()).errors is None
    assert growth == [2, 3]


@pytest.mark.parametrize("field", ["child", "node"])
async def test_an_operation_that_would_have_millions_of_fields_is_refused(field: str) -> None:
    def nested(levels: int) -> DocumentNode:
        fragments = " ".join(
            f"fragment F{level} on Leaf {{ a: {field} {{ ...F{level + 1} }} b: {field} {{ ...F{level + 1} }} }}"
            for level in range(levels)
        )
        return parse(f"{{ leaf {{ ...F0 }} }} {fragments} fragment F{levels} on Leaf {{ id }}")

    assert (await executor_of(nested(3)).execute_operation()).errors is None
    refused = executor_of(nested(14)).execute_operation()
    result = refused if isinstance(refused, ExecutionResult) else await refused
    (error,) = result.errors or []
    assert "more than 10,000 fields" in error.message


def test_a_document_is_freed_with_its_plans_without_a_garbage_collection() -> None:
    document = parse("{ leaf { node { id } } }")
    plans_of(document).on_growth = print
    plan_of(document)
    plans, operation = weakref.ref(plans_of(document)), weakref.ref(document.definitions[0])
    assert (plans() is None, operation() is None) == (False, False)
    gc.disable()
    try:
        del document
        assert (plans(), operation()) == (None, None)
    finally:
        gc.enable()
