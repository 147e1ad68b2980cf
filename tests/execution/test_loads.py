"""Loads are batched by what the query needs, not by how long a read takes."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field

import pytest
import strawberry

from execution import LastLoader, Load, Loader, level_field
from tests.execution.running import build_schema, errors_of, execute

pytestmark = [
    pytest.mark.filterwarnings("error::RuntimeWarning"),
    pytest.mark.filterwarnings("error::pytest.PytestUnraisableExceptionWarning"),
]


@dataclass
class Reads:
    """Loaders of numbers, which count their batches. `delays` says how many seconds a loader's reads take."""

    delays: dict[str, float] = field(default_factory=dict)
    batches: list[tuple[str, list[int]]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.double = Loader(self.reader("double", 2))
        self.triple = Loader(self.reader("triple", 3))
        self.last = LastLoader(self.reader("last", 10))

    def reader(self, name: str, factor: int) -> Callable[[list[int]], Awaitable[list[int]]]:
        async def read(keys: list[int]) -> list[int]:
            self.batches.append((name, keys))
            await asyncio.sleep(self.delays.get(name, 0))
            if any(key < 0 for key in keys):
                raise ValueError(f"{name} cannot read negative keys")
            return [key * factor for key in keys]

        return read

    def count(self, name: str) -> int:
        return sum(1 for loader, _ in self.batches if loader == name)


Info = strawberry.Info[Reads, None]


@strawberry.type
class Number:
    value: int

    @level_field(description="One load.")
    @staticmethod
    async def double(objects: Sequence["Number"], info: Info) -> list["Number"]:
        values = await info.context.double.load_many(number.value for number in objects)
        return [Number(value=value) for value in values]

    @level_field(description="A load that is not awaited by the field itself.")
    @staticmethod
    def last(objects: Sequence["Number"], info: Info) -> list[int]:
        return info.context.last.load_many(number.value for number in objects)  # type: ignore[return-value]

    @level_field(description="Two loads, one after the other, and one that comes last.")
    @staticmethod
    async def chain(objects: Sequence["Number"], info: Info) -> list[int]:
        doubled = await info.context.double.load_many(number.value for number in objects)
        tripled = await info.context.triple.load_many(doubled)
        return list(await info.context.last.load_many(tripled))

    @strawberry.field
    async def triple(self, info: Info) -> "Number":
        return Number(value=await info.context.triple.load(self.value))

    @strawberry.field
    async def both(self, info: Info) -> list[int]:
        return list(await asyncio.gather(info.context.double.load(self.value), info.context.triple.load(self.value)))

    @strawberry.field
    async def last_later(self, info: Info, turns: int = 0) -> int:
        for _ in range(turns):
            await asyncio.sleep(0)
        return await info.context.last.load(self.value)

    @strawberry.field
    async def optional_double(self, info: Info) -> int | None:
        return await info.context.double.load(self.value)

    @level_field(description="One load, of keys that may be missing.")
    @staticmethod
    async def level_double(objects: Sequence["Number"], info: Info) -> list[int | None]:
        return list(await info.context.double.load_many(number.value for number in objects))


@strawberry.type
class Query:
    @strawberry.field
    def numbers(self, values: list[int]) -> list[Number]:
        return [Number(value=value) for value in values]


SCHEMA = build_schema(Query)

DELAYS = [{}, {"double": 0.05}, {"triple": 0.05}, {"last": 0.05}, {"double": 0.03, "triple": 0.01}]

WIDE = """{
    numbers(values: [1, 2, 3]) {
        double { value double { last } triple { last } }
        triple { value double { last } triple { last lastLater(turns: 5) } both }
        last
        lastLater
        chain
    }
}"""


@pytest.mark.parametrize("delays", DELAYS)
async def test_the_number_of_batches_does_not_depend_on_how_slow_a_read_is(delays: dict[str, float]) -> None:
    reads = Reads(delays)
    result = await execute(SCHEMA, WIDE, reads)
    assert result.errors is None
    assert (reads.count("double"), reads.count("triple"), reads.count("last")) == (2, 2, 1)


@pytest.mark.parametrize("delays", DELAYS)
async def test_results_do_not_depend_on_how_slow_a_read_is(delays: dict[str, float]) -> None:
    assert (await execute(SCHEMA, WIDE, Reads(delays))).data == (await execute(SCHEMA, WIDE, Reads())).data


@pytest.mark.parametrize("delays", DELAYS)
async def test_a_last_loader_reads_once_with_all_keys(delays: dict[str, float]) -> None:
    reads = Reads(delays)
    await execute(SCHEMA, "{ numbers(values: [1, 2]) { last double { last } triple { double { last } } } }", reads)
    assert [sorted(keys) for name, keys in reads.batches if name == "last"] == [[1, 2, 4, 6, 12]]


async def test_a_resolver_that_waits_for_several_loads_does_not_end_the_wait_for_another_resolver() -> None:
    """Its three loads were counted as three waiting tasks, so a wave started although another resolver still ran."""
    reads = Reads()
    result = await execute(
        SCHEMA, "{ numbers(values: [1, 2]) { both lastLater(turns: 8) triple { value } last } }", reads
    )
    assert result.errors is None
    assert reads.count("last") == 1
    assert reads.count("triple") == 1


async def test_keys_are_read_once() -> None:
    reads = Reads()
    await execute(SCHEMA, "{ numbers(values: [1, 1, 1]) { double { value } levelDouble optionalDouble } }", reads)
    assert reads.batches == [("double", [1])]


async def test_known_values_are_not_read() -> None:
    reads = Reads()
    reads.double = Loader(reads.reader("double", 2), {1: 77})
    result = await execute(SCHEMA, "{ numbers(values: [1]) { levelDouble optionalDouble } }", reads)
    assert result.data == {"numbers": [{"levelDouble": 77, "optionalDouble": 77}]}
    assert reads.batches == []


async def test_a_read_that_raises_is_an_error_of_each_of_its_paths() -> None:
    reads = Reads()
    document = "{ numbers(values: [1, -1]) { value levelDouble optionalDouble last triple { value } } }"
    reads.last = LastLoader(reads.reader("last", 10), {1: 1, -1: 1})
    reads.triple = Loader(reads.reader("triple", 3), {1: 3, -1: -3})
    result = await execute(SCHEMA, document, reads)
    message = "double cannot read negative keys"
    assert errors_of(result) == [
        (["numbers", number, name], message) for number in (0, 1) for name in ("levelDouble", "optionalDouble")
    ]
    assert result.data is not None
    assert [number["triple"] for number in result.data["numbers"]] == [{"value": 3}, {"value": -3}]


async def test_a_read_that_returns_too_few_values_is_an_error() -> None:
    async def read(keys: list[int]) -> list[int]:
        return [1]

    reads = Reads()
    reads.double = Loader(read)
    result = await execute(SCHEMA, "{ numbers(values: [1, 2]) { levelDouble } }", reads)
    assert [path for path, _ in errors_of(result)] == [["numbers", 0, "levelDouble"], ["numbers", 1, "levelDouble"]]


async def test_a_read_that_is_cancelled_is_an_error_and_does_not_cancel_the_execution() -> None:
    async def read(keys: list[int]) -> list[int]:
        raise asyncio.CancelledError

    reads = Reads()
    reads.double = Loader(read)
    result = await execute(SCHEMA, "{ numbers(values: [1]) { value levelDouble optionalDouble } }", reads)
    assert result.data == {"numbers": [{"value": 1, "levelDouble": None, "optionalDouble": None}]}
    assert len(errors_of(result)) == 2


async def test_a_loader_whose_read_uses_another_loader() -> None:
    reads = Reads()

    async def read(keys: list[int]) -> list[int]:
        return [value + 1 for value in await reads.triple.load_many(keys)]

    reads.double = Loader(read)
    result = await execute(SCHEMA, "{ numbers(values: [1, 2]) { levelDouble optionalDouble } }", reads)
    assert result.data == {
        "numbers": [{"levelDouble": 4, "optionalDouble": 4}, {"levelDouble": 7, "optionalDouble": 7}]
    }
    assert reads.batches == [("triple", [1, 2])]


async def test_cancelling_one_request_leaves_the_read_to_another_that_waits_for_it() -> None:
    reads = Reads({"double": 0.05})
    document = "{ numbers(values: [1]) { levelDouble optionalDouble } }"
    abandoned = asyncio.create_task(execute(SCHEMA, document, reads))
    other = asyncio.create_task(execute(SCHEMA, document, reads))
    await asyncio.sleep(0.01)
    abandoned.cancel()
    assert (await other).data == {"numbers": [{"levelDouble": 2, "optionalDouble": 2}]}
    assert reads.count("double") == 1
    with pytest.raises(asyncio.CancelledError):
        await abandoned


async def test_cancelling_the_request_that_started_a_read_with_loads_of_its_own() -> None:
    reads = Reads({"triple": 0.03})

    async def read(keys: list[int]) -> list[int]:
        return list(await reads.triple.load_many(keys))

    reads.double = Loader(read)
    document = "{ numbers(values: [1]) { optionalDouble } }"
    abandoned = asyncio.create_task(execute(SCHEMA, document, reads))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    other = asyncio.create_task(execute(SCHEMA, document, reads))
    await asyncio.sleep(0.01)
    abandoned.cancel()
    async with asyncio.timeout(1):
        assert (await other).data == {"numbers": [{"optionalDouble": 3}]}


async def test_outside_of_an_execution_loads_of_one_turn_are_read_together() -> None:
    reads = Reads()
    values = await asyncio.gather(reads.double.load(1), reads.double.load(2), reads.double.load_many([2, 3]))
    assert [*values] == [2, 4, [4, 6]]
    assert reads.batches == [("double", [1, 2, 3])]


async def test_outside_of_an_execution_cancelling_one_caller_leaves_the_read_to_the_other() -> None:
    reads = Reads({"double": 0.02})
    abandoned = asyncio.create_task(reads.double.load(1))
    other = asyncio.create_task(reads.double.load(1))
    await asyncio.sleep(0.005)
    abandoned.cancel()
    assert await other == 2
    assert reads.count("double") == 1


async def test_a_load_can_be_awaited_again() -> None:
    reads = Reads()
    load: Load[int, int] = reads.double.load_many([1, 2])
    assert await load == [2, 4]
    assert await load == [2, 4]
    assert reads.count("double") == 1


async def test_a_task_that_outlives_the_execution_can_still_load() -> None:
    @strawberry.type
    class Starter:
        @strawberry.field
        async def start(self, info: Info) -> bool:
            async def later() -> int:
                await asyncio.sleep(0.01)
                return await info.context.double.load(21)

            started.append(asyncio.create_task(later()))
            return True

    started: list[asyncio.Task[int]] = []
    await execute(build_schema(Starter), "{ start }", Reads())
    async with asyncio.timeout(1):
        assert await started[0] == 42
