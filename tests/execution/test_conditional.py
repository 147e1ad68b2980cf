"""Values whose fields are resolved before it is known whether they are shown."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field

import strawberry
from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext

from execution import Conditional, LastLoader, Loader, level_field
from tests.execution.running import build_schema, errors_of, execute


@dataclass
class Reads:
    """`last` answers whether a number is even. Negative numbers cannot be read."""

    batches: list[tuple[str, list[int]]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.numbers = Loader(self._read_numbers)
        self.last = LastLoader(self._read_last)

    async def _read_numbers(self, keys: list[int]) -> list[int]:
        self.batches.append(("numbers", keys))
        await asyncio.sleep(0)
        return keys

    async def _read_last(self, keys: list[int]) -> list[bool]:
        self.batches.append(("last", keys))
        if min(keys) < 0:
            raise ValueError("cannot read negative numbers")
        return [key % 2 == 0 for key in keys]


Info = strawberry.Info[Reads, None]


@strawberry.type
class Item:
    number: int

    @level_field(description="The item again if its number is even, otherwise null.")
    @staticmethod
    async def if_even(items: Sequence["Item"], info: Info) -> Conditional["Item | None"]:
        numbers = await info.context.numbers.load_many(item.number for item in items)
        return Conditional(
            [Item(number=number) for number in numbers],
            condition=info.context.last.load_many(numbers),
            otherwise=[None] * len(items),
        )

    @level_field(description="The item again if its number is even, otherwise item 100.")
    @staticmethod
    def or_hundred(items: Sequence["Item"], info: Info) -> Conditional["Item"]:
        return Conditional(
            items,
            condition=info.context.last.load_many(item.number for item in items),
            otherwise=[Item(number=100) for _ in items],
        )

    @level_field(description="Whether the number after the item's is even.")
    @staticmethod
    async def next_is_even(items: Sequence["Item"], info: Info) -> list[bool]:
        return await info.context.last.load_many(item.number + 1 for item in items)

    @strawberry.field
    def odd(self) -> int:
        if self.number % 2 == 0:
            raise ValueError(f"{self.number} is even")
        return self.number

    @strawberry.field
    def even(self) -> int | None:
        if self.number % 2:
            raise ValueError(f"{self.number} is odd")
        return self.number


@strawberry.type
class Query:
    @strawberry.field
    def items(self, numbers: list[int]) -> list[Item]:
        return [Item(number=number) for number in numbers]


SCHEMA = build_schema(Query)


async def test_a_value_is_shown_if_its_condition_is_true() -> None:
    result = await execute(SCHEMA, "{ items(numbers: [1, 2]) { ifEven { number } orHundred { number } } }", Reads())
    assert errors_of(result) == []
    assert result.data == {
        "items": [{"ifEven": None, "orHundred": {"number": 100}}, {"ifEven": {"number": 2}, "orHundred": {"number": 2}}]
    }


async def test_the_condition_is_loaded_together_with_the_fields_of_the_values() -> None:
    reads = Reads()
    result = await execute(SCHEMA, "{ items(numbers: [2, 3]) { ifEven { ifEven { nextIsEven } } nextIsEven } }", reads)
    assert result.data == {
        "items": [
            {"ifEven": {"ifEven": {"nextIsEven": False}}, "nextIsEven": False},
            {"ifEven": None, "nextIsEven": True},
        ]
    }
    ((_, keys),) = [batch for batch in reads.batches if batch[0] == "last"]
    assert sorted(keys) == [2, 3, 4]


async def test_errors_within_a_value_that_is_not_shown_are_dropped() -> None:
    result = await execute(SCHEMA, "{ items(numbers: [1, 2]) { ifEven { even } orHundred { even } } }", Reads())
    assert errors_of(result) == []
    result = await execute(SCHEMA, "{ items(numbers: [1, 2]) { ifEven { odd } } }", Reads())
    assert errors_of(result) == [(["items", 1, "ifEven", "odd"], "2 is even")]
    assert result.data == {"items": [{"ifEven": None}, {"ifEven": None}]}


async def test_a_condition_that_raises_is_an_error_of_each_value() -> None:
    result = await execute(SCHEMA, "{ items(numbers: [-2]) { number ifEven { number } } }", Reads())
    assert errors_of(result) == [(["items", 0, "ifEven"], "cannot read negative numbers")]
    assert result.data == {"items": [{"number": -2, "ifEven": None}]}


async def test_the_same_results_under_graphql_core() -> None:
    stock = strawberry.Schema(Query, execution_context_class=StrawberryGraphQLCoreExecutionContext)
    document = "{ items(numbers: [1, 2, 3]) { ifEven { number even } orHundred { number nextIsEven } } }"
    expected = await stock.execute(document, context_value=Reads())
    assert expected.errors is None
    assert (await execute(SCHEMA, document, Reads())).data == expected.data
