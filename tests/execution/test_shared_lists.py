"""A list that is the value of several objects is completed once, with the results of completing it for each."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest
import strawberry
from graphql import OperationType, parse
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext

from execution import BreadthFirstExecutor, Event, completion, level_field
from tests.execution.documents import Document, documents
from tests.execution.reference import Error, InOrderExecutor

# graphql-core drops the coroutines of fields that it does not need any more, because a value around them is null.
pytestmark = pytest.mark.filterwarnings("ignore:coroutine .* was never awaited:RuntimeWarning")


@dataclass(eq=False)
class Context:
    levels: list[int] = field(default_factory=list)
    """The number of objects of each call of `Item.level`."""


Info = strawberry.Info[Context, None]


@strawberry.type
class Item:
    number: int
    parts: list["Item"] = strawberry.field(default_factory=list)
    optional_parts: list["Item | None"] | None = None

    @strawberry.field
    def name(self) -> str | None:
        return f"item {self.number}"

    @strawberry.field
    def fails_sometimes(self) -> int | None:
        if self.number % 5 == 4:
            raise ValueError(f"no {self.number}")
        return self.number

    @strawberry.field
    def required(self) -> int:
        if self.number % 7 == 6:
            raise ValueError(f"required: {self.number}")
        return self.number

    @level_field(description="Computed for all.")
    @staticmethod
    def level(objects: Sequence["Item"], info: Info) -> list[int]:
        info.context.levels.append(len(objects))
        return [item.number * 2 for item in objects]

    @strawberry.field
    async def path(self, info: Info) -> str:
        await asyncio.sleep(0)
        return ".".join(map(str, info.path.as_list()))


def items(depth: int, numbers: Sequence[int]) -> list[Item]:
    """Returns items that share the lists of their parts."""
    parts = items(depth - 1, [number + 1 for number in numbers]) if depth else []
    return [
        Item(number=number, parts=parts, optional_parts=None if number % 4 == 3 else [*parts[:1], None, *parts])
        for number in numbers
    ]


@strawberry.type
class Query:
    number: int = 1


@strawberry.type
class Subscription:
    @strawberry.subscription
    async def items(self) -> AsyncIterator[list[Item] | None]:
        yield []

    @strawberry.subscription
    async def item(self) -> AsyncIterator[Item]:
        yield Item(number=0)


SCHEMA = strawberry.Schema(Query, subscription=Subscription)

Result = tuple[Any, list[Error]]


async def result_of(submitted: Any) -> Result:
    result = await submitted if hasattr(submitted, "__await__") else submitted
    return result.data, [Error.of(error) for error in result.errors or []]


def executor_of(document: str, variables: Any, class_: Any, context: Context) -> Any:
    executor = class_.build(SCHEMA._schema, parse(document), None, context, variables)
    assert isinstance(executor, class_), executor
    return executor


async def execute(document: str, roots: list[Any], variables: Any = None) -> tuple[list[Result], Context]:
    """Executes the roots together."""
    context = Context()
    executor = executor_of(document, variables, BreadthFirstExecutor, context)
    return await asyncio.gather(*[result_of(executor.execute_event(Event(root, context))) for root in roots]), context


@settings(max_examples=400, deadline=None, print_blob=True, suppress_health_check=list(HealthCheck))
@given(
    documents(SCHEMA._schema, OperationType.SUBSCRIPTION),
    st.lists(st.integers(0, 12), max_size=3),
    st.integers(1, 4),
)
async def test_the_results_are_those_of_graphql_core(
    monkeypatch: pytest.MonkeyPatch, document: Document, numbers: list[int], readers: int
) -> None:
    monkeypatch.setattr(completion, "PART", 2)
    found = items(2, numbers)
    roots: list[Any] = [Item(number=1, parts=found) if "item {" in document.text else found for _ in range(readers)]
    try:
        together, _ = await execute(document.text, roots, document.variables)
    except AssertionError as refused:
        # The document has a variable with a wrong value: no executor can be built.
        assert "GraphQLError" in str(refused)  # noqa: PT017
        return
    for root, result in zip(roots, together, strict=True):
        in_order = executor_of(document.text, document.variables, InOrderExecutor, Context())
        assert result == await result_of(in_order.build_per_event_executor(root).execute_operation(serially=False))
        core = executor_of(document.text, document.variables, StrawberryGraphQLCoreExecutionContext, Context())
        data, _ = await result_of(core.build_per_event_executor(root).execute_operation(serially=False))
        assert result[0] == data


SHARED = items(0, [number * 35 for number in range(completion.PART)])
FAILING = [*SHARED[1:], Item(number=4), Item(number=6)]


async def test_a_list_is_completed_once() -> None:
    results, context = await execute("subscription { items { number level } }", [SHARED] * 3)
    assert context.levels == [completion.PART]
    assert results[0] == results[2]
    assert results[0][0]["items"][1] == {"number": 35, "level": 70}


async def test_a_list_that_has_errors_is_completed_for_each_object() -> None:
    results, context = await execute(
        "subscription { item { parts { level failsSometimes } } }",
        [Item(number=number, parts=FAILING) for number in range(3)],
    )
    assert sum(context.levels) == 3 * len(FAILING)
    for _, errors in results:
        assert [error.path for error in errors] == [("item", "parts", len(FAILING) - 2, "failsSometimes")]


async def test_a_null_that_propagates_makes_the_list_null_for_each_object() -> None:
    results, _ = await execute("subscription { items { required } }", [FAILING] * 3)
    for data, errors in results:
        assert data == {"items": None}
        assert [error.path for error in errors] == [("items", len(FAILING) - 1, "required")]


async def test_resolvers_that_are_called_once_per_object_are_called_for_each_place_in_the_response() -> None:
    root = Item(number=0, parts=[Item(number=number, parts=SHARED) for number in range(2)])
    ((data, _),), _ = await execute("subscription { item { parts { parts { path } } } }", [root])
    for number, part in enumerate(data["item"]["parts"]):
        assert part["parts"][7] == {"path": f"item.parts.{number}.parts.7.path"}
