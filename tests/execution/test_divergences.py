"""Where breadth-first execution once differed from graphql-core: one test for each such place."""

import asyncio
import gc
import weakref
from collections.abc import Iterator
from datetime import date
from enum import Enum, StrEnum
from inspect import isawaitable
from typing import Any, NewType

import pytest
import strawberry
from graphql import parse
from strawberry.extensions import SchemaExtension
from strawberry.schema.config import StrawberryConfig
from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext

from execution import BreadthFirstExecutor, Loader, level_field
from tests.execution.documents import Document
from tests.execution.example_schema import BREADTH_FIRST, Context
from tests.execution.reference import assert_same, assert_same_events

Data = dict[str, Any]


@strawberry.type
class Node:
    @strawberry.field
    def child(self) -> "Node":
        return Node()

    @strawberry.field
    def children(self) -> list["Node"]:
        return [Node(), Node()]

    @strawberry.field
    def fails(self) -> str | None:
        raise ValueError("at the bottom")


async def data_and_errors(
    query: type, document: str, variables: Data | None = None, context: object = None, **schema: Any
) -> tuple[Any, list[tuple[str, list[str | int] | None]]]:
    """Executes the document with strawberry's executor and breadth first, and returns the result of both."""
    results = []
    for executor in (None, BreadthFirstExecutor):
        built = strawberry.Schema(query, execution_context_class=executor, **schema)
        result = await built.execute(document, variables, context)
        errors = [(error.message, error.path) for error in result.errors or []]
        results.append((result.data, errors))
    assert results[0] == results[1]
    return results[1]


async def test_a_selection_in_which_everything_is_skipped_gives_empty_objects() -> None:
    result = await assert_same(Document("{ strictThings(count: 2) { seed @skip(if: true) } }", {}))
    assert '"strictThings": [\n  {},\n  {}\n ]' in result.data


async def test_an_exception_that_a_resolver_returns_is_never_serialized() -> None:
    """Strawberry's permission extension returns its error, and `String` and most custom scalars serialize anything."""
    result = await assert_same(Document("{ thing(seed: 1) { guarded } }", {}))
    assert [error.extensions for error in result.errors] == ['{"code": "FORBIDDEN"}']


async def test_a_null_condition_is_an_error_of_the_objects_that_it_is_selected_on() -> None:
    document = (
        "query ($v: Boolean = true) { strictThings(count: 2) { friend { seed @include(if: $v) } } thing { seed } }"
    )
    result = await assert_same(Document(document, {"v": None}))
    assert '"thing": {\n  "seed": 1\n }' in result.data
    assert {error.path for error in result.errors} >= {("strictThings", 0, "friend")}


async def test_a_null_condition_in_a_fragment_on_an_interface() -> None:
    document = "query ($v: Boolean = true) { namesakes { name ... on Thing { seed @skip(if: $v) } } }"
    result = await assert_same(Document(document, {"v": None}))
    assert "name 0" in result.data


async def test_a_null_condition_at_the_root() -> None:
    result = await assert_same(Document("query ($v: Boolean = true) { thing @skip(if: $v) { seed } }", {"v": None}))
    assert result.data == "null"
    assert [error.path for error in result.errors] == [None]


async def test_asynchronous_is_type_of() -> None:
    """The coroutine was taken for a true value."""
    seeds = ", ".join(map(str, range(20)))
    result = await assert_same(Document(f"{{ things(seeds: [{seeds}]) {{ robot {{ seed }} }} }}", {}))
    messages = {error.message for error in result.errors}
    assert {"not sure whether this is a robot", "Expected value of type 'Robot' but got: <Robot instance>."} <= messages
    assert '"robot": {' in result.data


async def test_asynchronous_resolve_type() -> None:
    @strawberry.interface
    class Shape:
        sides: int

        @classmethod
        async def resolve_type(cls, value: Any, info: object, type_: object) -> str | None:
            await asyncio.sleep(0)
            if value.sides == 5:
                raise ValueError("unknown shape")
            return "Square" if value.sides == 4 else None

    @strawberry.type
    class Square(Shape):
        pass

    @strawberry.type
    class Query:
        @strawberry.field
        def shapes(self) -> list[Shape | None]:
            return [Square(sides=sides) for sides in (3, 4, 5)]

    data, errors = await data_and_errors(Query, "{ shapes { __typename sides } }", types=[Square])
    assert data == {"shapes": [None, {"__typename": "Square", "sides": 4}, None]}
    assert [path for _, path in errors] == [["shapes", 0], ["shapes", 2]]


async def test_a_method_that_raises_stop_iteration_leaves_the_other_objects_their_values() -> None:
    """`map` took it for the end of the objects, and the values of the later ones moved to other objects."""

    @strawberry.type
    class Box:
        number: int

        @strawberry.field
        def first(self) -> int | None:
            return next(iter([self.number] if self.number != 2 else []))

        @strawberry.field
        def only(self, items: int = 1) -> int | None:
            return next(iter([self.number] * (items if self.number != 2 else 0)))

    @strawberry.type
    class Query:
        @strawberry.field
        def boxes(self) -> list[Box]:
            return [Box(number=number) for number in (1, 2, 3)]

    data, errors = await data_and_errors(Query, "{ boxes { number first only } }")
    assert data["boxes"][2] == {"number": 3, "first": 3, "only": 3}
    assert [path for _, path in errors] == [["boxes", 1, "first"], ["boxes", 1, "only"]]


async def test_a_scalar_that_raises_stop_iteration() -> None:
    First = NewType("First", str)

    def first_letter(value: Any) -> str:
        letter: str = next(iter(value))
        return letter

    @strawberry.type
    class Query:
        @strawberry.field
        def letters(self) -> list[First | None]:
            return [First("one"), First(""), First("two")]

    scalar = strawberry.scalar(name="First", serialize=first_letter)
    data, errors = await data_and_errors(Query, "{ letters }", config=StrawberryConfig(scalar_map={First: scalar}))
    assert data == {"letters": ["o", None, "t"]}
    assert [path for _, path in errors] == [["letters", 1]]


async def test_a_member_of_another_enum_is_not_a_value_of_the_enum() -> None:
    """Members of enums that are strings compare equal if their strings do."""

    class Fruit(StrEnum):
        ORANGE = "orange"

    @strawberry.enum
    class Hue(StrEnum):
        ORANGE = "orange"

    @strawberry.type
    class Query:
        @strawberry.field
        def hues(self) -> list[Hue | None]:
            return [Hue.ORANGE, Fruit.ORANGE, Hue.ORANGE]  # type: ignore[list-item]

    await data_and_errors(Query, "{ hues }")


async def test_an_enum_whose_values_cannot_be_hashed() -> None:
    @strawberry.enum
    class Position(Enum):
        START = [0, 0]  # noqa: RUF012
        END = [1, 1]  # noqa: RUF012

    @strawberry.type
    class Query:
        @strawberry.field
        def ends(self) -> list[Position]:
            return list(Position)

    data, _ = await data_and_errors(Query, "{ ends }")
    assert data == {"ends": ["START", "END"]}


async def test_an_asynchronous_iterable_as_a_list() -> None:
    result = await assert_same(Document("{ strictThings(count: 6) { streamed { seed text } } }", {}))
    assert '"streamed": [\n    {' in result.data


async def test_an_iterable_that_raises_after_items_with_errors() -> None:
    """The errors of the first items come before the error of the list."""

    @strawberry.type
    class Item:
        number: int

        @strawberry.field
        def fails(self) -> str | None:
            raise ValueError(f"item {self.number}")

    def items() -> Iterator[Item]:
        yield Item(number=1)
        yield Item(number=2)
        raise ValueError("the list")

    @strawberry.type
    class Query:
        @strawberry.field
        def items(self) -> list[Item] | None:
            return items()  # type: ignore[return-value]

    data, errors = await data_and_errors(Query, "{ items { number fails } }")
    assert data == {"items": None}
    assert [message for message, _ in errors] == ["item 1", "item 2", "the list"]


async def test_the_event_of_a_subscription_that_is_an_exception() -> None:
    results = await assert_same_events(Document("subscription { numbers(first: 7, count: 5) }", {}))
    assert any(result.errors for result in results)


async def test_the_arguments_of_a_subscription_are_coerced_for_its_events() -> None:
    document = parse("subscription ($first: Int = 0) { things(first: $first) { seed } }")
    results = []
    for executor in (StrawberryGraphQLCoreExecutionContext, BreadthFirstExecutor):
        built = executor.build(BREADTH_FIRST._schema, document, raw_variable_values={"first": None})
        assert isinstance(built, executor)
        result: Any = built.build_per_event_executor(None).execute_operation(serially=False)
        result = await result if isawaitable(result) else result
        results.append((result.data, [error.message for error in result.errors]))
    assert results[0] == results[1]


async def test_introspection_stays_with_graphql_core() -> None:
    document = (
        '{ __schema { queryType { name } } __type(name: "Thing") { kind } thing { seed note levelFriend { seed } } }'
    )
    result = await assert_same(Document(document, {}))
    assert '"kind": "OBJECT"' in result.data


async def test_resolve_hooks_of_extensions_run() -> None:
    class Upper(SchemaExtension):
        def resolve(self, _next: Any, root: Any, info: Any, *args: Any, **kwargs: Any) -> Any:
            value = _next(root, info, *args, **kwargs)
            return value.upper() if isinstance(value, str) else value

    @strawberry.type
    class Query:
        @strawberry.field
        def text(self) -> str:
            return "text"

    data, _ = await data_and_errors(Query, "{ text }", extensions=[Upper])
    assert data == {"text": "TEXT"}


async def test_a_mutable_argument_is_not_shared_between_executions() -> None:
    """Constant arguments are coerced once, when the document is compiled."""
    Tags = NewType("Tags", list)  # type: ignore[type-arg]

    @strawberry.type
    class Query:
        @strawberry.field
        def tags(self, given: Tags) -> int:
            given.append("more")
            return len(given)

    schema = strawberry.Schema(
        Query,
        config=StrawberryConfig(scalar_map={Tags: strawberry.scalar(name="Tags", parse_value=list)}),
        execution_context_class=BreadthFirstExecutor,
    )
    document = parse('{ tags(given: ["one"]) }')
    for _ in range(2):
        executor = BreadthFirstExecutor.build(schema._schema, document)
        assert isinstance(executor, BreadthFirstExecutor)
        result = await executor.execute_operation()
        assert result.data == {"tags": 2}


async def test_a_level_field_is_not_called_for_the_items_of_empty_lists() -> None:
    calls: list[int] = []

    @strawberry.type
    class Item:
        @level_field(description="Expects an object.")
        @staticmethod
        def number(objects: list[object], info: strawberry.Info) -> list[int]:
            calls.append(len(objects))
            return [1] * len(objects)

    @strawberry.type
    class Query:
        @strawberry.field
        def items(self, count: int) -> list[Item]:
            return [Item()] * count

    await data_and_errors(Query, "{ items(count: 0) { number } }")
    assert calls == []


async def test_a_read_that_fails_at_once_raises_its_own_error_outside_of_an_execution() -> None:
    async def read(keys: list[int]) -> list[int]:
        raise ValueError("no connection")

    with pytest.raises(ValueError, match="no connection"):
        await Loader(read).load(1)


async def test_documents_that_nest_too_deeply_have_an_error() -> None:
    """Each fragment is short enough for the parser, and all of them together exhaust Python's stack."""
    fragments = [
        f"fragment F{number} on Thing " + "{ friend " * 40 + "{ " + f"...F{number + 1}" + " }" + " }" * 40
        for number in range(20)
    ]
    text = "\n".join(["{ thing { ...F0 } }", *fragments, "fragment F20 on Thing { seed }"])
    executor = BreadthFirstExecutor.build(BREADTH_FIRST._schema, parse(text), context_value=Context())
    assert isinstance(executor, BreadthFirstExecutor)
    result = executor.execute_operation()
    assert result.data is None
    assert [error.message for error in result.errors] == ["Selections are nested too deeply. Execution aborted."]


async def test_documents_that_nest_as_deeply_as_graphql_core_executes_them() -> None:
    """A level takes more frames of Python's stack than in graphql-core. Beyond some depth, levels are queued."""
    depth = 115
    document = "{ " + "child { " * depth + "children { fails }" + " }" * depth + " }"
    _, errors = await data_and_errors(Node, document)
    assert len(errors) == 2


@pytest.mark.parametrize(
    "selection", ["namesakes { name ... on Thing { friend { seed } } }", "thing { friend { seed @skip(if: $v) } }"]
)
async def test_a_plan_keeps_nothing_of_the_request_that_it_was_compiled_for(selection: str) -> None:
    """Selections of abstract types are compiled later, and the traceback of an error refers to what raised it."""
    document = parse(f"query ($v: Boolean = true) {{ {selection} }}")
    context = Context()
    reference = weakref.ref(context)
    executor = BreadthFirstExecutor.build(BREADTH_FIRST._schema, document, None, context, {"v": None})
    assert isinstance(executor, BreadthFirstExecutor)
    await executor.execute_operation()
    del context, executor
    gc.collect()
    assert reference() is None


async def test_a_constant_argument_that_cannot_be_converted_is_an_error_of_its_field() -> None:
    result = await assert_same(Document("{ thing { seed maybe(value: null) } }", {}))
    (error,) = result.errors
    assert error.path == ("thing", "maybe")


async def test_an_execution_leaves_nothing_to_the_garbage_collector() -> None:
    """Its objects refer to each other without cycles. A collection would stop all requests."""
    document = parse("{ thing(seed: 30) { seed levelFriend { note } loaded { seed } levelFriends { seed } } }")
    gc.collect()
    gc.disable()
    try:
        executor = BreadthFirstExecutor.build(BREADTH_FIRST._schema, document, None, Context())
        assert isinstance(executor, BreadthFirstExecutor)
        reference = weakref.ref(executor)
        result = await executor.execute_operation()
        assert result.errors is None
        del executor, result
        assert reference() is None
    finally:
        gc.enable()


async def test_errors_of_hidden_values_are_dropped_if_a_later_field_makes_the_data_null() -> None:
    hidden = "recordLater { laterFriend { friend { levelSecret { friend { seed } } } } }"
    alone = await assert_same(Document(f"mutation {{ {hidden} }}", {}))
    assert alone.errors == ()
    await assert_same(Document(f"mutation {{ {hidden} record {{ bestFriend {{ seed }} }} }}", {}))


async def test_a_plan_is_not_used_for_executors_that_encode_other_types() -> None:
    @strawberry.type
    class Query:
        @strawberry.field
        def day(self) -> date:
            return date(2026, 11, 27)

    class EncodingExecutor(BreadthFirstExecutor):
        encoded_types = {"Date": date}  # noqa: RUF012

    schema = strawberry.Schema(Query)
    document = parse("{ day }")
    for executor_class, expected in ((BreadthFirstExecutor, "2026-11-27"), (EncodingExecutor, date(2026, 11, 27))):
        executor = executor_class.build(schema._schema, document)
        assert isinstance(executor, executor_class)
        result = await executor.execute_operation()
        assert (result.data, result.errors) == ({"day": expected}, None)
