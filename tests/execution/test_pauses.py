"""Executions that pause, and that complete values in parts, give the same results as those that do not."""

import asyncio
import gc
import weakref
from collections.abc import Sequence
from typing import Any

import pytest
import strawberry
from graphql import OperationType, parse
from hypothesis import HealthCheck, given, settings

from execution import BreadthFirstExecutor, Loader, completion, level_field, turns
from tests.execution.documents import Document, documents
from tests.execution.example_schema import REFERENCE, SCALAR_VALUES
from tests.execution.reference import assert_same, assert_same_events
from tests.execution.running import build_schema
from tests.execution.test_together import SCHEMA as TOGETHER
from tests.execution.test_together import Occasion, assert_same_together
from tests.execution.test_together import events as occasions

# graphql-core drops the coroutines of fields that it does not need any more, because a value around them is null.
pytestmark = pytest.mark.filterwarnings("ignore:coroutine .* was never awaited:RuntimeWarning")

examples = settings(max_examples=300, deadline=None, print_blob=True, suppress_health_check=list(HealthCheck))


@pytest.fixture
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[None]:
    """Makes executions pause after a few steps, and complete two values in each. Returns a list with an item for each
    pause."""
    counted: list[None] = []
    pause = turns.Turns.pause

    async def counting(self: turns.Turns) -> None:
        counted.append(None)
        await pause(self)

    monkeypatch.setattr(turns, "SECONDS", 0.00003)
    monkeypatch.setattr(turns.Turns, "pause", counting)
    monkeypatch.setattr(completion, "PART", 2)
    return counted


@examples
@given(documents(REFERENCE._schema, OperationType.QUERY, SCALAR_VALUES))
async def test_queries(pauses: list[None], document: Document) -> None:
    await assert_same(document)


@examples
@given(documents(REFERENCE._schema, OperationType.MUTATION, SCALAR_VALUES))
async def test_mutations(pauses: list[None], document: Document) -> None:
    await assert_same(document)


@examples
@given(documents(REFERENCE._schema, OperationType.SUBSCRIPTION, SCALAR_VALUES))
async def test_subscriptions(pauses: list[None], document: Document) -> None:
    await assert_same_events(document)


@examples
@given(documents(TOGETHER._schema, OperationType.SUBSCRIPTION), occasions)
async def test_events_that_are_executed_together(
    pauses: list[None], document: Document, events: list[Occasion]
) -> None:
    await assert_same_together(document, events)


# ------------------------------------------------------------------ turns


async def test_executions_that_wait_are_resumed_in_order_and_each_gets_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """Other tasks use up the time of every turn."""
    monkeypatch.setattr(turns, "SECONDS", 0.0)
    resumed: list[int] = []

    async def compute(name: int) -> None:
        for _ in range(3):
            await turns.current_turns().pause()
            resumed.append(name)

    async def others() -> None:
        while True:
            turns.current_turns().end()
            await asyncio.sleep(0)

    busy = asyncio.create_task(others())
    async with asyncio.timeout(5):
        await asyncio.gather(*map(compute, range(4)))
    busy.cancel()
    assert resumed == [0, 1, 2, 3] * 3


async def test_an_execution_that_is_cancelled_while_it_waits_does_not_hold_up_the_next() -> None:
    tasks = [asyncio.create_task(turns.current_turns().pause()) for _ in range(3)]
    await asyncio.sleep(0)
    tasks[0].cancel()
    async with asyncio.timeout(5):
        await asyncio.gather(*tasks[1:])
    assert tasks[0].cancelled()
    assert turns.current_turns()._waiting == []


# ------------------------------------------------------------------ cancellation


@strawberry.type
class Item:
    number: int

    @strawberry.field
    def items(self, count: int = 3) -> list["Item"]:
        return [Item(number=number) for number in range(count)]

    @level_field(description="Loaded.")
    @staticmethod
    async def loaded(objects: Sequence["Item"], info: strawberry.Info) -> list[int]:
        return list(await info.context.load_many(item.number for item in objects))


SCHEMA = build_schema(Item)
DOCUMENT = "{ items(count: 100) { loaded items { loaded items { loaded number } } } }"


class CountingLoader(Loader[int, int]):
    def __init__(self) -> None:
        super().__init__(self.read)
        self.reads = 0

    async def read(self, keys: list[int]) -> list[int]:
        self.reads += 1
        return keys


async def wait_for_pauses(pauses: list[None], count: int) -> None:
    """Waits until executions have paused so often."""
    async with asyncio.timeout(5):
        while len(pauses) < count:  # noqa: ASYNC110 (every turn of the event loop counts)
            await asyncio.sleep(0)


async def test_a_request_that_is_cancelled_during_a_pause_computes_nothing_more_and_is_freed(
    pauses: list[None],
) -> None:
    loader = CountingLoader()
    executor = BreadthFirstExecutor.build(SCHEMA._schema, parse(DOCUMENT), Item(number=0), loader)
    assert isinstance(executor, BreadthFirstExecutor)
    freed = weakref.ref(executor)
    gc.collect()
    gc.disable()
    try:
        task = asyncio.create_task(executor.execute_operation())
        del executor
        await wait_for_pauses(pauses, 20)
        assert freed() is not None
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        del task
        count, reads = len(pauses), loader.reads
        await asyncio.sleep(0.02)
        assert (len(pauses), loader.reads) == (count, reads)
        assert freed() is None
    finally:
        gc.enable()


async def test_an_execution_that_pauses_starts_a_wave_only_when_all_its_fields_are_resolved(
    pauses: list[None],
) -> None:
    loader = CountingLoader()
    executor = BreadthFirstExecutor.build(SCHEMA._schema, parse(DOCUMENT), Item(number=0), loader)
    assert isinstance(executor, BreadthFirstExecutor)
    result = await executor.execute_operation()
    assert result.errors is None
    assert len(pauses) > 20
    assert loader.reads == 1


async def test_a_compilation_that_one_request_abandons_is_continued_by_the_next(pauses: list[None]) -> None:
    fields = " ".join(f"a{number}: number" for number in range(300))
    document = parse(f"{{ items {{ {fields} }} }}")

    def executor() -> Any:
        return BreadthFirstExecutor.build(SCHEMA._schema, document, Item(number=0), CountingLoader())

    abandoned = asyncio.create_task(executor().execute_operation())
    await wait_for_pauses(pauses, 5)
    abandoned.cancel()
    results = await asyncio.gather(*[executor().execute_operation() for _ in range(3)])
    assert [len(result.data["items"][0]) for result in results] == [300] * 3
