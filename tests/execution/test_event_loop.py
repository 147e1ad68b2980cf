"""However large an operation is, its execution does not block the event loop."""

import asyncio
from collections.abc import AsyncIterator, Sequence

import pytest
import strawberry
from graphql import parse

from execution import BreadthFirstExecutor, Event, Loader, level_field
from tests.execution.running import build_schema
from tests.support.event_loop import measured_blocking

BLOCKED = 0.15
"""Seconds. Without pauses, each of these operations takes 0.17 to 0.6 seconds in one turn."""


@strawberry.interface
class Node:
    number: int

    @strawberry.field
    def child(self) -> "Item":
        return Item(number=self.number + 1)

    @strawberry.field
    def node(self) -> "Node":
        return Item(number=self.number + 1)

    @strawberry.field
    def half(self) -> float:
        return self.number / 2

    @strawberry.field
    async def waits(self) -> int:
        await asyncio.sleep(0)
        return self.number

    @strawberry.field
    def fails(self) -> int | None:
        raise ValueError(f"no {self.number}")


@strawberry.type
class Item(Node):
    @strawberry.field
    def items(self, count: int) -> list["Item"]:
        return [Item(number=number) for number in range(count)]

    @strawberry.field
    def nodes(self, count: int) -> list[Node | None]:
        return [Item(number=number) if number % 5 else None for number in range(count)]

    @level_field(description="Loaded.")
    @staticmethod
    async def loaded(objects: Sequence["Item"], info: strawberry.Info) -> list[int]:
        return list(await info.context.load_many(item.number for item in objects))


@strawberry.type
class Query:
    @strawberry.field
    def item(self) -> Item:
        return Item(number=0)


@strawberry.type
class Subscription:
    @strawberry.subscription
    async def item(self) -> AsyncIterator[Item]:
        yield Item(number=0)


SCHEMA = build_schema(Query, Subscription)


async def read(keys: list[int]) -> list[int]:
    return keys


def executor_of(text: str) -> BreadthFirstExecutor:
    executor = BreadthFirstExecutor.build(SCHEMA._schema, parse(text), None, Loader(read))
    assert isinstance(executor, BreadthFirstExecutor)
    return executor


def aliases(count: int, field: str) -> str:
    return " ".join(f"a{number}: {field}" for number in range(count))


LARGE_DOCUMENTS = [
    pytest.param(f"{{ item {{ {aliases(9_900, 'number')} }} }}", id="one selection"),
    pytest.param(f"{{ item {{ {aliases(3_300, 'child { half number }')} }} }}", id="many selections"),
    pytest.param(f"{{ item {{ node {{ {aliases(3_300, 'child { half number }')} }} }} }}", id="in an interface"),
    pytest.param(
        f"{{ {aliases(9, 'item { ...F }')} }} fragment F on Item {{ {aliases(360, 'child { half number }')} }}",
        id="in a fragment that is used often",
    ),
]
LARGE_RESULTS = [
    pytest.param("{ item { items(count: 200) { items(count: 500) { number half child { number } } } } }", id="lists"),
    pytest.param("{ item { items(count: 300) { nodes(count: 200) { number half } } } }", id="interfaces"),
    pytest.param(
        "{ item { items(count: 200) { items(count: 500) { loaded number half child { half } } } } }", id="loads"
    ),
    pytest.param("{ item { items(count: 30000) { waits } } }", id="asynchronous resolvers"),
    pytest.param("{ item { items(count: 12000) { fails } } }", id="errors"),
    pytest.param(f"{{ item {{ items(count: 1000) {{ {aliases(900, 'half')} }} }} }}", id="many fields"),
]


@pytest.mark.parametrize("document", LARGE_DOCUMENTS)
async def test_compiling_does_not_block_the_event_loop(document: str) -> None:
    executor = executor_of(document)
    async with measured_blocking() as blocking:
        result = await executor.execute_operation()
    assert result.errors is None
    assert blocking.longest < BLOCKED


@pytest.mark.parametrize("document", LARGE_RESULTS)
async def test_executing_does_not_block_the_event_loop(document: str) -> None:
    executor = executor_of(document)
    async with measured_blocking() as blocking:
        await executor.execute_operation()
    assert blocking.longest < BLOCKED


async def test_executing_events_together_does_not_block_the_event_loop() -> None:
    executor = executor_of("subscription { item { items(count: 100) { number half } } }")
    context = object()
    async with measured_blocking() as blocking:
        await asyncio.gather(*[executor.execute_event(Event(Item(number=1), context)) for _ in range(2_000)])
    assert blocking.longest < BLOCKED
