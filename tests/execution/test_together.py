"""Events that are executed together have the results that each has when it is executed alone."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from typing import Annotated, Any

import pytest
import strawberry
from graphql import DocumentNode, GraphQLError, OperationType, parse
from graphql.execution import Executor
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext

from execution import BreadthFirstExecutor, Event, LastLoader, Loader, level_field
from tests.execution.documents import Document, documents
from tests.execution.reference import Error, InOrderExecutor

Key = tuple[str, int]

# graphql-core drops the coroutines of fields that it does not need any more, because a value around them is null.
pytestmark = pytest.mark.filterwarnings("ignore:coroutine .* was never awaited:RuntimeWarning")

READERS = ["ann", "ben", "cleo", "dan"]


def may_see(reader: str, number: int) -> bool:
    return (len(reader) + ord(reader[0]) + number) % 3 != 0


@dataclass
class Calls:
    """The level functions that were called, with the readers of their objects."""

    levels: list[tuple[str, list[str]]] = field(default_factory=list)
    reads: list[list[Key]] = field(default_factory=list)
    last_reads: list[list[Key]] = field(default_factory=list)


class Context:
    """A context that is equal only to itself."""

    def __init__(self, calls: Calls) -> None:
        self.calls = calls
        self.notes = Loader(self._read_notes)
        self.cards = LastLoader(self._read_cards)

    async def _read_notes(self, keys: list[Key]) -> list["Note | None"]:
        self.calls.reads.append(keys)
        await asyncio.sleep(0)
        return [Note(reader=reader, number=number) if may_see(reader, number) else None for reader, number in keys]

    async def _read_cards(self, keys: list[Key]) -> list[str | None]:
        self.calls.last_reads.append(keys)
        await asyncio.sleep(0)
        return [f"card {number} for {reader}" if may_see(reader, number + 1) else None for reader, number in keys]


Info = strawberry.Info[Context, None]


@strawberry.interface
class Readable:
    reader: strawberry.Private[str]
    number: int

    @strawberry.field
    def title(self) -> str:
        return f"{type(self).__name__} {self.number} for {self.reader}"

    @strawberry.field
    def secret(self) -> str | None:
        if not may_see(self.reader, self.number):
            raise GraphQLError(f"{self.reader} may not see {self.number}", extensions={"code": "FORBIDDEN"})
        return f"secret {self.number}"

    @strawberry.field
    async def required_secret(self) -> str:
        await asyncio.sleep(0)
        if not may_see(self.reader, self.number + 2):
            raise GraphQLError(f"{self.reader} may not see {self.number}", extensions={"code": "FORBIDDEN"})
        return f"required secret {self.number}"

    @level_field(description="Loaded for the reader.")
    @staticmethod
    async def note(objects: Sequence["Readable"], info: Info, step: int = 1) -> list["Note | None"]:
        info.context.calls.levels.append(("note", [each.reader for each in objects]))
        return list(await info.context.notes.load_many((each.reader, each.number + step) for each in objects))

    @level_field(description="Loaded last, for the reader.")
    @staticmethod
    async def card(objects: Sequence["Readable"], info: Info) -> list[str | None]:
        info.context.calls.levels.append(("card", [each.reader for each in objects]))
        return list(await info.context.cards.load_many((each.reader, each.number) for each in objects))

    @level_field(description="Computed, with errors for some.")
    @staticmethod
    def rank(objects: Sequence["Readable"], info: Info, base: int = 10) -> list[int | ValueError]:
        info.context.calls.levels.append(("rank", [each.reader for each in objects]))
        values = [base * each.number for each in objects]
        return [value if value % 7 else ValueError(f"no rank {value}") for value in values]

    @strawberry.field
    async def loaded(self, info: Info) -> "Note | None":
        return await info.context.notes.load((self.reader, self.number + 5))

    @strawberry.field
    def related(self) -> list[Annotated["Note | Page", strawberry.union("Related")] | None]:
        kinds: list[type[Note | Page]] = [Note, Page] if may_see(self.reader, self.number) else [Page, Note, Page]
        return [kind(reader=self.reader, number=self.number + index) for index, kind in enumerate(kinds)]

    @strawberry.field
    def readable(self) -> "Readable | None":
        kind = Note if may_see(self.reader, self.number) else Page
        return kind(reader=self.reader, number=self.number + 3)


@strawberry.type
class Note(Readable):
    pass


@strawberry.type
class Page(Readable):
    @strawberry.field
    def notes(self, count: int = 2) -> list[Note]:
        return [Note(reader=self.reader, number=self.number + index) for index in range(min(count, 4))]


@strawberry.type
class Query:
    number: float | None = None


@strawberry.type
class Subscription:
    @strawberry.subscription
    async def page(self, first: int = 0) -> AsyncIterator[Page | None]:
        yield None

    @strawberry.subscription
    async def required_readable(self) -> AsyncIterator[Readable]:
        yield Page(reader="ann", number=0)


SCHEMA = strawberry.Schema(Query, subscription=Subscription, types=[Note, Page])


@dataclass(frozen=True)
class Occasion:
    """The value of an event, and its reader."""

    reader: str
    number: int

    def root(self) -> Page | None:
        return Page(reader=self.reader, number=self.number) if self.number % 6 else None


Result = tuple[Any, list[Error]]


def submit(document: DocumentNode, occasion: Occasion, variables: Any, context: Context) -> Any:
    """Submits an event that may be executed together with others of the same context."""
    built = BreadthFirstExecutor.build(SCHEMA._schema, document, None, None, variables)
    assert isinstance(built, BreadthFirstExecutor), built
    return built.execute_event(Event(occasion.root(), context))


def submit_alone(document: DocumentNode, occasion: Occasion, variables: Any, executor: type[Executor[Any]]) -> Any:
    built = executor.build(SCHEMA._schema, document, None, Context(Calls()), variables)
    assert isinstance(built, executor), built
    return built.build_per_event_executor(occasion.root()).execute_operation(serially=False)


async def result_of(submitted: Any) -> Result:
    result = await submitted if hasattr(submitted, "__await__") else submitted
    return result.data, [Error.of(error) for error in result.errors or []]


events = st.lists(
    st.builds(Occasion, st.sampled_from(READERS), st.integers(0, 12)),
    min_size=1,
    max_size=6,
)


@settings(max_examples=300, deadline=None, print_blob=True, suppress_health_check=list(HealthCheck))
@given(documents(SCHEMA._schema, OperationType.SUBSCRIPTION), events)
async def test_executing_together_gives_the_results_of_executing_alone(
    document: Document, events: list[Occasion]
) -> None:
    await assert_same_together(document, events)


async def assert_same_together(document: Document, events: list[Occasion]) -> None:
    node = parse(document.text)
    context = Context(Calls())
    try:
        submitted = [submit(node, event, document.variables, context) for event in events]
        together = await asyncio.gather(*map(result_of, submitted))
    except AssertionError as refused:
        # The document has a variable with a wrong value: no executor can be built.
        assert "GraphQLError" in str(refused)  # noqa: PT017
        return
    for event, result in zip(events, together, strict=True):
        for executor in (BreadthFirstExecutor, InOrderExecutor):
            assert result == await result_of(submit_alone(node, event, document.variables, executor))
        data, _ = await result_of(submit_alone(node, event, document.variables, StrawberryGraphQLCoreExecutionContext))
        assert result[0] == data


ALL_FIELDS = parse(
    "subscription ($base: Int = 10) { page { number rank(base: $base) card note { card title } loaded { card } } }"
)


async def execute_together(
    variables: Sequence[dict[str, Any]], contexts: Sequence[Context], document: DocumentNode = ALL_FIELDS
) -> list[Result]:
    submitted = [
        submit(document, Occasion(READERS[number % len(READERS)], number + 2), values, context)
        for number, (values, context) in enumerate(zip(variables, contexts, strict=True))
    ]
    return list(await asyncio.gather(*map(result_of, submitted)))


async def test_each_level_field_is_called_once_for_all_readers() -> None:
    calls = Calls()
    results = await execute_together([{}] * 4, [Context(calls)] * 4)
    assert all(data["page"] for data, _ in results)
    assert [name for name, _ in calls.levels].count("rank") == 1
    assert [readers for name, readers in calls.levels if name == "note"] == [READERS]
    assert len(calls.last_reads) == 1
    assert {reader for reader, _ in calls.last_reads[0]} == set(READERS)


async def test_events_with_other_variables_are_executed_apart() -> None:
    calls = Calls()
    variables: list[dict[str, Any]] = [{"base": 1}, {"base": 2}, {"base": 1}, {}]
    results = await execute_together(variables, [Context(calls)] * 4)
    assert [data["page"]["rank"] for data, _ in results] == [2, 6, 4, 50]
    assert sorted(len(readers) for name, readers in calls.levels if name == "rank") == [1, 1, 2]


async def test_events_of_other_contexts_are_executed_apart() -> None:
    calls = Calls()
    await execute_together([{}] * 4, [Context(calls), Context(calls)] * 2)
    assert sorted(readers for name, readers in calls.levels if name == "rank") == [["ann", "cleo"], ["ben", "dan"]]


async def test_an_event_does_not_wait_for_the_reads_of_other_contexts() -> None:
    calls = Calls()
    slow, fast = Context(calls), Context(calls)
    may_read = asyncio.Event()
    read_at_once = slow.notes

    async def read_when_allowed(keys: list[Key]) -> list["Note | None"]:
        await may_read.wait()
        return await read_at_once.load_many(keys)

    slow.notes = Loader(read_when_allowed)
    waiting = submit(ALL_FIELDS, Occasion("ann", 2), {}, slow)
    async with asyncio.timeout(5):
        data, _ = await result_of(submit(ALL_FIELDS, Occasion("ben", 3), {}, fast))
    assert data["page"]["number"] == 3
    may_read.set()
    data, _ = await result_of(waiting)
    assert data["page"]["number"] == 2


async def test_plain_values_are_executed_apart() -> None:
    calls = Calls()
    executor = BreadthFirstExecutor.build(SCHEMA._schema, ALL_FIELDS, None, Context(calls))
    assert isinstance(executor, BreadthFirstExecutor)
    roots = [Occasion(reader, 2).root() for reader in READERS]
    await asyncio.gather(*[result_of(executor.execute_event(root)) for root in roots])
    assert sorted(readers for name, readers in calls.levels if name == "rank") == [[reader] for reader in READERS]


async def test_events_of_other_documents_are_executed_apart() -> None:
    context = Context(Calls())
    titles, ranks = parse("subscription { page { title } }"), parse("subscription { page { rank } }")
    (title,), (rank,) = await asyncio.gather(
        execute_together([{}], [context], titles),
        execute_together([{}], [context], ranks),
    )
    assert title[0] == {"page": {"title": "Page 2 for ann"}}
    assert rank[0] == {"page": {"rank": 20}}


async def test_events_of_other_turns_of_the_event_loop_are_executed_apart() -> None:
    calls = Calls()
    context = Context(calls)

    async def execute_after(turns: int) -> None:
        for _ in range(turns):
            await asyncio.sleep(0)
        await execute_together([{}] * 2, [context] * 2)

    await asyncio.gather(execute_after(0), execute_after(3))
    assert [len(readers) for name, readers in calls.levels if name == "rank"] == [2, 2]


async def test_values_that_compare_equal_are_other_variables() -> None:
    document = parse("subscription ($key: Float, $base: Int = 10) { page { rank(base: $base) } }")
    calls = Calls()
    variables: list[dict[str, Any]] = [{"key": 0.0}, {"key": -0.0}, {"key": 0.0}, {"key": None}]
    await execute_together(variables, [Context(calls)] * 4, document)
    assert sorted(len(readers) for name, readers in calls.levels if name == "rank") == [1, 1, 2]


async def test_errors_reach_the_reader_whose_value_has_them() -> None:
    document = parse("subscription { page { secret } }")
    results = await execute_together([{}] * 4, [Context(Calls())] * 4, document)
    for number, (data, errors) in enumerate(results):
        reader = READERS[number]
        if may_see(reader, number + 2):
            assert (data["page"]["secret"], errors) == (f"secret {number + 2}", [])
        else:
            assert data["page"]["secret"] is None
            assert [error.message for error in errors] == [f"{reader} may not see {number + 2}"]
    assert {bool(errors) for _, errors in results} == {True, False}
