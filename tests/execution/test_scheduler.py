"""A resolver that raises, is cancelled or awaits the wrong thing affects only its own path. No coroutine is left."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest
import strawberry
from graphql import parse, subscribe

from execution import BreadthFirstExecutor, Event, Loader, level_field
from tests.execution.running import build_schema, errors_of, execute

# A coroutine that is never awaited is a RuntimeWarning, raised where nothing can catch it.
pytestmark = [
    pytest.mark.filterwarnings("error::RuntimeWarning"),
    pytest.mark.filterwarnings("error::pytest.PytestUnraisableExceptionWarning"),
]


@dataclass(eq=False)
class Context:
    closed: list[str] = field(default_factory=list)
    cancelled: list[str] = field(default_factory=list)
    slow: float = 0

    def __post_init__(self) -> None:
        self.numbers = Loader(self._read)

    async def _read(self, keys: list[int]) -> list[int]:
        await asyncio.sleep(self.slow)
        return keys


Info = strawberry.Info[Context, None]


def _unless_first(number: int) -> int:
    if number == 1:
        raise ValueError("this item only")
    return number


@strawberry.type
class Item:
    number: int

    @strawberry.field
    def raises(self) -> int | None:
        return _unless_first(self.number)

    @strawberry.field
    async def raises_later(self) -> int | None:
        await asyncio.sleep(0)
        return _unless_first(self.number)

    @strawberry.field
    async def cancels(self) -> int | None:
        if self.number == 1:
            raise asyncio.CancelledError
        return self.number

    @level_field(description="Raises for all.")
    @staticmethod
    def level_raises(objects: Sequence["Item"], info: Info) -> list[int | None]:
        raise ValueError("all items")

    @level_field(description="Returns one value too few.")
    @staticmethod
    async def too_few(objects: Sequence["Item"], info: Info) -> list[int | None]:
        return [item.number for item in objects[1:]]

    @level_field(description="Awaits something that is not a load.")
    @staticmethod
    async def sleeps(objects: Sequence["Item"], info: Info, seconds: float = 0) -> list[int | None]:
        await asyncio.sleep(seconds)
        return [item.number for item in objects]

    @level_field(description="Recovers from having awaited something that is not a load.")
    @staticmethod
    async def recovers(objects: Sequence["Item"], info: Info) -> list[int | None]:
        try:
            await asyncio.sleep(1)
        except RuntimeError:
            return list(await info.context.numbers.load_many(item.number + 100 for item in objects))
        raise AssertionError("A level field cannot sleep.")

    @level_field(description="Loads, and reports that it was closed.")
    @staticmethod
    async def loads(objects: Sequence["Item"], info: Info) -> list[int]:
        try:
            return list(await info.context.numbers.load_many(item.number for item in objects))
        finally:
            info.context.closed.append("level field")

    @strawberry.field
    async def waits(self, info: Info, seconds: float) -> int:
        try:
            await asyncio.sleep(seconds)
        except asyncio.CancelledError:
            info.context.cancelled.append(f"item {self.number}")
            raise
        return self.number

    @strawberry.field
    async def loads_itself(self, info: Info) -> int:
        return await info.context.numbers.load(self.number)


@strawberry.type
class Query:
    @strawberry.field
    def items(self, count: int = 3) -> list[Item]:
        return [Item(number=number) for number in range(count)]


@strawberry.type
class Subscription:
    @strawberry.subscription(graphql_type=Item)  # type: ignore[untyped-decorator]
    async def item(self, info: Info, numbers: list[int]) -> AsyncIterator[Event[Item]]:
        for number in numbers:
            yield Event(Item(number=number), info.context)


SCHEMA = build_schema(Query, Subscription)


async def test_a_resolver_that_raises_affects_only_its_path() -> None:
    result = await execute(SCHEMA, "{ items { number raises raisesLater } }", Context())
    assert errors_of(result) == [
        (["items", 1, "raises"], "this item only"),
        (["items", 1, "raisesLater"], "this item only"),
    ]
    assert result.data is not None
    assert result.data["items"][2] == {"number": 2, "raises": 2, "raisesLater": 2}


async def test_a_level_field_that_raises_is_an_error_of_each_object_and_of_nothing_else() -> None:
    result = await execute(SCHEMA, "{ items { levelRaises loads } }", Context())
    assert errors_of(result) == [(["items", number, "levelRaises"], "all items") for number in range(3)]
    assert result.data is not None
    assert [item["loads"] for item in result.data["items"]] == [0, 1, 2]


async def test_a_level_field_that_returns_the_wrong_number_of_values_is_an_error() -> None:
    result = await execute(SCHEMA, "{ items { number tooFew } }", Context())
    assert errors_of(result) == [(["items", number, "tooFew"], "tooFew: 2 values for 3 objects") for number in range(3)]


@pytest.mark.parametrize("seconds", [0, 0.01])
async def test_a_level_field_that_awaits_something_else_than_a_load_has_a_clear_error(seconds: float) -> None:
    result = await execute(SCHEMA, f"{{ items(count: 1) {{ number sleeps(seconds: {seconds}) }} }}", Context())
    ((path, message),) = errors_of(result)
    assert path == ["items", 0, "sleeps"]
    assert message.startswith("A level field can only await loads of an execution.Loader, and this one awaited ")
    assert result.data == {"items": [{"number": 0, "sleeps": None}]}


async def test_a_level_field_may_catch_that_error() -> None:
    result = await execute(SCHEMA, "{ items(count: 2) { recovers } }", Context())
    assert result.data == {"items": [{"recovers": 100}, {"recovers": 101}]}


async def test_a_resolver_that_is_cancelled_is_an_error_of_its_path() -> None:
    result = await execute(SCHEMA, "{ items { cancels } }", Context())
    assert result.data == {"items": [{"cancels": 0}, {"cancels": None}, {"cancels": 2}]}
    assert [path for path, _ in errors_of(result)] == [["items", 1, "cancels"]]


async def test_cancelling_a_request_cancels_its_resolvers_and_closes_its_level_fields() -> None:
    context = Context(slow=0.02)
    task = asyncio.create_task(execute(SCHEMA, "{ items(count: 2) { loads loadsItself } }", context))
    await asyncio.sleep(0.005)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert context.closed == ["level field"]

    context = Context()
    task = asyncio.create_task(execute(SCHEMA, "{ items(count: 2) { loads waits(seconds: 5) } }", context))
    await asyncio.sleep(0.005)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await asyncio.sleep(0)
    assert sorted(context.cancelled) == ["item 0", "item 1"]
    assert context.closed == ["level field"]


async def test_a_request_that_is_cancelled_before_it_starts() -> None:
    task = asyncio.create_task(execute(SCHEMA, "{ items { loads } }", Context()))
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_levels_that_are_queued_because_they_nest_too_deeply_are_closed_as_well() -> None:
    @strawberry.type
    class Nested:
        @level_field(description="Itself.")
        @staticmethod
        def nested(objects: Sequence[object], info: Info) -> list[Item]:
            return [Item(number=1)] * len(objects)

        @strawberry.field
        async def waits(self) -> int:
            await asyncio.sleep(5)
            return 1

    document = "{ " + " ".join(f"a{number}: nested {{ loads }}" for number in range(50)) + " waits }"
    task = asyncio.create_task(execute(build_schema(Nested), document, Context(slow=5)))
    await asyncio.sleep(0.02)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_a_cancelled_event_takes_nothing_from_the_others_that_are_executed_with_it() -> None:
    document = parse("subscription { item(numbers: [7]) { number loads } }")
    context = Context(slow=0.02)

    async def next_event(context: Context) -> object:
        stream: Any = subscribe(SCHEMA._schema, document, context_value=context, executor_class=BreadthFirstExecutor)
        return (await anext(await stream)).data

    tasks = [asyncio.create_task(next_event(context)) for _ in range(3)]
    await asyncio.sleep(0.01)
    tasks[0].cancel()
    results = await asyncio.gather(*tasks, return_exceptions=True)
    assert isinstance(results[0], asyncio.CancelledError)
    assert results[1:] == [{"item": {"number": 7, "loads": 7}}] * 2
    assert context.closed == ["level field"]


def test_events_of_an_event_loop_that_was_closed_do_not_hold_up_those_of_the_next() -> None:
    document = parse("subscription { item(numbers: [7]) { number } }")

    async def submit() -> object:
        executor = BreadthFirstExecutor.build(SCHEMA._schema, document, context_value=Context())
        assert isinstance(executor, BreadthFirstExecutor)
        return executor.execute_event(Item(number=7))

    async def receive() -> object:
        async with asyncio.timeout(1):
            return (await (await submit())).data  # type: ignore[misc]

    async def abandon() -> None:
        await submit()
        asyncio.get_running_loop().stop()

    loop = asyncio.new_event_loop()
    abandoned = loop.create_task(abandon())
    loop.run_forever()
    assert abandoned.done()
    loop.close()
    with asyncio.Runner() as runner:
        assert runner.run(receive()) == {"item": {"number": 7}}
