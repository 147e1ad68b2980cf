"""A schema with every feature that an executor handles.

The objects are made from a seed. Most of their values are valid; which ones are null, invalid or raise depends on the
seed and the field, so a document that asks for a few seeds meets every outcome, and two executions of it meet the same.
"""

import asyncio
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import Enum
from typing import Annotated, Any, ClassVar, NewType, TypeVar
from zlib import crc32

import strawberry
from graphql import GraphQLError
from strawberry.permission import BasePermission
from strawberry.schema.config import StrawberryConfig

from execution import BreadthFirstExecutor, Conditional, LastLoader, Loader, level_field

Outcome = TypeVar("Outcome")
YES = True


def pick(seed: int, place: str, usual: Outcome, *unusual: Any) -> Outcome:
    """Returns the usual value for most seeds, and one of the unusual values for the others. Raises exceptions."""
    number = crc32(f"{place} {seed}".encode()) % (4 * (len(unusual) + 1))
    outcome: Outcome = usual if number >= len(unusual) else unusual[number]
    if isinstance(outcome, Exception):
        raise outcome
    return outcome


# ---------------------------------------------------------------------- context


@dataclass
class Context:
    """What the resolvers of one execution share."""

    log: list[str] = field(default_factory=list)
    reads: list[list[int]] = field(default_factory=list)
    last_reads: list[list[int]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.things = Loader(self._read_things)
        self.notes = LastLoader(self._read_notes)

    async def _read_things(self, seeds: list[int]) -> list["Thing | None"]:
        self.reads.append(seeds)
        await asyncio.sleep(0)
        return [None if seed % 7 == 6 else Thing(seed) for seed in seeds]

    async def _read_notes(self, seeds: list[int]) -> list[str]:
        self.last_reads.append(seeds)
        await asyncio.sleep(0)
        return [f"note {seed}" for seed in seeds]


Info = strawberry.Info[Context, None]


# ---------------------------------------------------------------------- scalars, enums and inputs


def odd(value: Any) -> int:
    if not isinstance(value, int) or value % 2 == 0:
        raise ValueError(f"{value} is not odd.")
    return value


def text_or_nothing(value: Any) -> str | None:
    return None if value == "nothing" else str(value)


Odd = NewType("Odd", int)
Anytext = NewType("Anytext", str)


@strawberry.enum
class Color(Enum):
    RED = "red"
    GREEN = 2
    BLUE = strawberry.enum_value("blue", name="AZURE")


@strawberry.input
class Range:
    first: int = 1
    last: int | None = 9


@strawberry.input
class Filter:
    text: str
    colors: list[Color] | None = None
    range: Range | None = strawberry.field(default_factory=lambda: Range(first=2))
    ranges: list[Range | None] | None = strawberry.UNSET
    maybe: strawberry.Maybe[int]
    maybe_null: strawberry.Maybe[int | None]


@strawberry.input(one_of=True)
class Choice:
    number: int | None = strawberry.UNSET
    text: str | None = strawberry.UNSET


# ---------------------------------------------------------------------- types


@strawberry.interface
class Named:
    seed: int

    @strawberry.field
    def name(self) -> str | None:
        return pick(self.seed, "name", f"name {self.seed}", None)

    @strawberry.field
    def label(self, upper: bool = False) -> str:
        label = pick(self.seed, "label", f"label {self.seed}", None, ValueError("no label"))
        return label.upper() if upper and label else label


@strawberry.type
class Person(Named):
    """A type that checks its objects."""

    age: int | None

    @classmethod
    def is_type_of(cls, value: object, info: Info) -> bool:
        if not isinstance(value, Person):
            return False
        return pick(value.seed, "is a person", "yes", "", ValueError("not sure whether this is a person")) == "yes"

    @strawberry.field
    async def employer(self, info: Info) -> "Annotated[Being, strawberry.union('Being')] | None":
        await asyncio.sleep(0)
        return being(self.seed + 1)  # type: ignore[no-any-return]


@strawberry.type
class Robot(Named):
    """A type that checks its objects asynchronously."""

    @classmethod
    async def is_type_of(cls, value: object, info: Info) -> bool:
        await asyncio.sleep(0)
        if not isinstance(value, Robot):
            return False
        return pick(value.seed, "is a robot", "yes", "", ValueError("not sure whether this is a robot")) == "yes"

    @strawberry.field
    def model(self) -> str:
        return pick(self.seed, "model", f"model {self.seed}", None)


def being(seed: int) -> Any:
    kind = seed % 3
    usual = Person(seed=seed, age=seed) if kind == 0 else Robot(seed=seed) if kind == 1 else Thing(seed)
    return pick(seed, "being", usual, None, "not a being", ValueError("no being"))


def named(seed: int) -> Any:
    kind = seed % 3
    usual = Person(seed=seed, age=seed) if kind == 0 else Robot(seed=seed) if kind == 1 else Thing(seed)
    return pick(seed, "named", usual, None, object)


async def slow(value: Outcome, turns: int) -> Outcome:
    """Returns the value, or raises it, after some turns of the event loop."""
    for _ in range(turns % 3):
        await asyncio.sleep(0)
    if isinstance(value, Exception):
        raise value
    return value


class OnlyEven(BasePermission):
    message = "Only even seeds are permitted."
    error_extensions: ClassVar[dict[str, str]] = {"code": "FORBIDDEN"}  # type: ignore[misc]

    def has_permission(self, source: Any, info: Any, **arguments: Any) -> bool:
        return bool(source.seed % 2 == 0)


class OnlyEvenLater(BasePermission):
    message = "Only even seeds are permitted."

    async def has_permission(self, source: Any, info: Any, **arguments: Any) -> bool:
        await asyncio.sleep(0)
        return bool(source.seed % 2 == 0)


@strawberry.type
class Thing(Named):
    # Attributes
    id: strawberry.ID
    integer: int | None
    required_integer: int
    number: float | None
    text: str | None
    flag: bool | None
    color: Color | None
    required_color: Color
    time: datetime | None
    day: date | None
    amount: Decimal | None
    odd: Odd | None
    anytext: Anytext | None
    required_anytext: Anytext
    numbers: list[int | None] | None
    strict_numbers: list[int]
    colors: list[Color]
    matrix: list[list[int | None] | None] | None
    strict_matrix: list[list[int]] | None

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self.id = _value(seed, "id", str(seed), seed, 1.5, None)
        self.integer = _value(seed, "integer", seed, None, 2**31, 1.0, 1.5, "12", YES, -(2**31) - 1, ValueError("int"))
        self.required_integer = _value(seed, "required_integer", seed, None, "x")
        self.number = _value(seed, "number", seed / 4, seed, float("inf"), "1.5", None, [], YES)
        self.text = _value(seed, "text", f"text {seed}", seed, YES, None, [1], 1.5, strawberry.UNSET)
        self.flag = _value(seed, "flag", seed % 2 == 0, 1, "yes", None, float("nan"))
        self.color = _value(
            seed, "color", Color.RED, Color.GREEN, Color.BLUE, "purple", "red", None, [], ValueError("c")
        )
        self.required_color = _value(seed, "required_color", Color.BLUE, "purple", None)
        self.time = _value(seed, "time", datetime(2024, 1, 1 + seed % 28, tzinfo=UTC), None, "noon")
        self.day = _value(seed, "day", date(2024, 1, 1 + seed % 28), None, 5)
        self.amount = _value(seed, "amount", Decimal(seed) / 8, None)
        self.odd = _value(seed, "odd", 2 * seed + 1, 2 * seed, None)
        self.anytext = _value(seed, "anytext", f"any {seed}", "nothing", None, ValueError("an exception as a value"))
        self.required_anytext = _value(seed, "required_anytext", f"any {seed}", "nothing", None)
        self.numbers = _value(
            seed,
            "numbers",
            [1, None, seed],
            None,
            (1, "x", 2**40),
            [],
            5,
            "text",
            {1: 2},
            [KeyError("in a list"), 1],
            _Numbers(2),
            ValueError("no numbers"),
        )
        self.strict_numbers = _value(seed, "strict_numbers", [seed, 1], [None, 1], ["x"], (2, ValueError("item"), None))
        self.colors = _value(seed, "colors", [Color.RED, Color.BLUE], [Color.RED, "purple"], [])
        self.matrix = _value(seed, "matrix", [[1, None], None, []], [1, [2]], [[3], ["x", 4]], None)
        self.strict_matrix = _value(seed, "strict_matrix", [[1], [], [seed]], [[1], None], [[1, None], [None]], [5])

    # Plain methods

    @strawberry.field
    def doubled(self) -> int | None:
        return pick(self.seed, "doubled", self.seed * 2, None, ValueError("no double"), StopIteration())

    @strawberry.field
    def required_doubled(self) -> int:
        return pick(self.seed, "required_doubled", self.seed * 2, None, StopIteration())

    @strawberry.field
    def coded(self) -> str | None:
        error = GraphQLError("not now", extensions={"code": "CONFLICT", "seed": self.seed})
        return pick(self.seed, "coded", "coded", error, error)

    @strawberry.field
    def repeated(self, times: int = 2, separator: str | None = "-") -> str | None:
        if times > 20:
            raise ValueError("too often")
        return f"{separator}".join([str(self.seed)] * times)

    @strawberry.field
    def field_name(self, info: Info) -> str:
        return f"{info.field_name} of {info.python_name} {type(info.context).__name__}"

    @strawberry.field
    def selected(self, info: Info, prefix: str = "") -> str:
        return prefix + ",".join(getattr(field, "name", "") for field in info.selected_fields)

    @strawberry.field
    def awaitable(self) -> str | None:
        return slow(pick(self.seed, "awaitable", "text", None), self.seed)  # type: ignore[return-value]

    @strawberry.field
    def awaitables(self) -> list[str | None] | None:
        raised = ValueError("item")
        values = [f"text {self.seed}", pick(self.seed, "awaitables", None, 1, [])]
        return [*(slow(value, index) for index, value in enumerate([*values, raised])), "text"]  # type: ignore[list-item]

    # Arguments

    @strawberry.field
    def echo(
        self,
        required: int,
        optional: int | None = None,
        unset: int | None = strawberry.UNSET,
        color: Color = Color.GREEN,
        colors: list[Color | None] | None = None,
        numbers: list[int] | None = None,
        odd: Odd | None = None,
        time: datetime | None = None,
        key: strawberry.ID | None = None,
    ) -> str:
        return repr((required, optional, unset, color, colors, numbers, odd, time, key))

    @strawberry.field
    def maybe(self, value: strawberry.Maybe[int], null: strawberry.Maybe[int | None]) -> str:
        return repr((value, null))

    @strawberry.field
    def filtered(self, by: Filter, choice: Choice | None = None) -> str | None:
        if by.text == "raise":
            raise ValueError("as the argument says")
        return f"{by!r} {choice!r}"

    @strawberry.field
    async def filtered_later(self, by: Filter | None = None, scale: float = 1.5) -> str:
        await asyncio.sleep(0)
        return f"{by!r} {scale}"

    # Resolvers that are called once per object

    @strawberry.field
    async def later(self) -> str | None:
        return await slow(pick(self.seed, "later", f"later {self.seed}", None, ValueError("late")), self.seed)

    @strawberry.field
    async def required_later(self) -> str:
        return await slow(pick(self.seed, "required_later", f"later {self.seed}", None, ValueError("late")), self.seed)

    @strawberry.field
    async def path(self, info: Info) -> str:
        path: Any = info.path
        return repr(path.as_list())

    @strawberry.field(permission_classes=[OnlyEven])  # type: ignore[untyped-decorator]
    def guarded(self) -> str | None:
        return "open"

    @strawberry.field(permission_classes=[OnlyEvenLater])  # type: ignore[untyped-decorator]
    def guarded_later(self) -> str:
        return "open"

    # Objects

    @strawberry.field
    def friend(self) -> "Thing | None":
        return pick(self.seed, "friend", Thing(self.seed + 1), None, ValueError("no friend"), "not a thing")

    @strawberry.field
    def best_friend(self) -> "Thing":
        return pick(self.seed, "best_friend", Thing(self.seed + 2), Thing(self.seed + 2), None, ValueError("alone"))

    @strawberry.field
    async def later_friend(self) -> "Thing":
        return await slow(pick(self.seed, "later_friend", Thing(self.seed + 3), None, ValueError("late")), self.seed)

    @strawberry.field
    def friends(self) -> list["Thing | None"]:
        return pick(self.seed, "friends", [Thing(self.seed + 1), None, Thing(self.seed + 2)], [], [ValueError("item")])

    @strawberry.field
    def strict_friends(self) -> list["Thing"] | None:
        things = (Thing(self.seed + index) for index in range(2))
        return pick(self.seed, "strict_friends", things, [None], [Thing(self.seed), ValueError("item")])  # type: ignore

    @strawberry.field
    def circles(self) -> list[list["Thing"] | None]:
        usual: list[list[Thing] | None] = [[Thing(self.seed + 1)], [], [Thing(self.seed), Thing(self.seed + 3)]]
        return pick(self.seed, "circles", usual, [[Thing(1), None], None], [5, [Thing(2)]])

    @strawberry.field
    def streamed(self) -> list["Thing"] | None:
        return stream_of_things(self.seed)  # type: ignore[return-value]

    @strawberry.field
    def person(self) -> Person | None:
        return pick(self.seed, "person", Person(seed=self.seed, age=self.seed), None, Thing(1))

    @strawberry.field
    def robot(self) -> Robot:
        return pick(self.seed, "robot", Robot(seed=self.seed), Thing(1))

    @strawberry.field
    def being(self) -> "Annotated[Being, strawberry.union('Being')] | None":
        return being(self.seed)  # type: ignore[no-any-return]

    @strawberry.field
    async def beings(self) -> "list[Annotated[Being, strawberry.union('Being')] | None]":
        found = []
        for seed in range(self.seed, self.seed + 4):
            try:
                found.append(being(seed))
            except ValueError as error:
                found.append(error)
        return found

    @strawberry.field
    def strict_beings(self) -> "list[Annotated[Being, strawberry.union('Being')]] | None":
        return [Thing(self.seed), Person(seed=self.seed, age=1), Robot(seed=self.seed), Thing(self.seed + 1)]

    @strawberry.field
    def namesake(self) -> Named | None:
        return named(self.seed)  # type: ignore[no-any-return]

    @strawberry.field
    def namesakes(self) -> list[Named | None]:
        return [named(seed) for seed in range(self.seed, self.seed + 4)]

    # Loads

    @strawberry.field
    async def loaded(self, info: Info) -> "Thing | None":
        return await info.context.things.load(self.seed + 1)

    @strawberry.field
    async def loaded_pair(self, info: Info) -> list["Thing"] | None:
        first = info.context.things.load(self.seed + 1)
        second = info.context.things.load(self.seed + 2)
        return list(await asyncio.gather(first, second))  # type: ignore[arg-type]

    # Level fields

    @level_field(description="Resolved for a level, with exceptions among the values.")
    @staticmethod
    def level_text(objects: Sequence["Thing"], info: Info, suffix: str = "!") -> list[str | None]:
        values: list[Any] = []
        for thing in objects:
            try:
                values.append(pick(thing.seed, "level_text", f"{thing.seed}{suffix}", None, ValueError("level")))
            except ValueError as error:
                values.append(error)
        return values

    @level_field(description="Resolved for a level, raising for all of its objects.")
    @staticmethod
    def level_failure(objects: Sequence["Thing"], info: Info, fail: bool = True, by: Filter | None = None) -> list[str]:
        if fail:
            raise GraphQLError("the whole level", extensions={"code": "LEVEL"})
        return [repr(by)] * len(objects)

    @level_field(description="Resolved for a level with one load.")
    @staticmethod
    async def level_friend(objects: Sequence["Thing"], info: Info, step: int = 1) -> list["Thing | None"]:
        return list(await info.context.things.load_many(thing.seed + step for thing in objects))

    @level_field(description="Resolved for a level with two loads.")
    @staticmethod
    async def level_friends(objects: Sequence["Thing"], info: Info) -> list[list["Thing | None"]]:
        first = await info.context.things.load_many(thing.seed + 1 for thing in objects)
        second = await info.context.things.load_many((other.seed if other else 0) + 5 for other in first)
        return [[one, other] for one, other in zip(first, second, strict=True)]

    @level_field(description="Resolved for a level with a load that comes last.")
    @staticmethod
    async def note(objects: Sequence["Thing"], info: Info) -> list[str]:
        return list(await info.context.notes.load_many(thing.seed for thing in objects))

    @level_field(description="Resolved for a level by a function that returns a load instead of awaiting it.")
    @staticmethod
    def loaded_note(objects: Sequence["Thing"], info: Info) -> list[str]:
        return info.context.notes.load_many(thing.seed + 1 for thing in objects)  # type: ignore[return-value]

    @level_field(description="Shown or not by what is loaded last.")
    @staticmethod
    async def level_secret(objects: Sequence["Thing"], info: Info) -> Conditional["Thing | None"]:
        things = await info.context.things.load_many(thing.seed + 2 for thing in objects)
        return Conditional(things, _may_be_shown(objects, info), [None] * len(objects))


async def _may_be_shown(things: Sequence[Thing], info: Info) -> list[bool]:
    notes = await info.context.notes.load_many(thing.seed + 3 for thing in things)
    return [crc32(note.encode()) % 3 > 0 for note in notes]


Being = Thing | Person | Robot


async def stream_of_things(seed: int) -> AsyncIterator[Thing]:
    yield Thing(seed)
    yield pick(seed, "streamed", Thing(seed + 4), ValueError("stream"))


class _Numbers:
    """An iterable that is not a list."""

    def __init__(self, count: int) -> None:
        self._count = count

    def __iter__(self) -> Iterator[int]:
        return iter(range(self._count))


def _value(seed: int, place: str, usual: object, *unusual: object) -> Any:
    """Like `pick`, but returns exceptions."""
    try:
        return pick(seed, place, usual, *unusual)
    except Exception as error:
        return error


# ---------------------------------------------------------------------- roots


@strawberry.type
class Query:
    @strawberry.field
    def thing(self, seed: int = 1) -> Thing | None:
        return Thing(seed)

    @strawberry.field
    async def things(self, seeds: list[int]) -> list[Thing | None] | None:
        return [Thing(seed) for seed in seeds]

    @strawberry.field
    def strict_things(self, first: int = 0, count: int = 4) -> list[Thing]:
        return [Thing(seed) for seed in range(first, first + min(count, 6))]

    @strawberry.field
    async def being(self, seed: int = 0) -> Annotated[Being, strawberry.union("Being")] | None:
        return being(seed)  # type: ignore[no-any-return]

    @strawberry.field
    def namesakes(self, first: int = 0) -> list[Named | None]:
        return [named(seed) for seed in range(first, first + 5)]

    @level_field(description="A root field that is a level field.")
    @staticmethod
    async def loaded_things(objects: Sequence[object], info: Info, seeds: list[int]) -> list[list[Thing | None]]:
        things = await info.context.things.load_many(seeds)
        return [list(things) for _ in objects]


@strawberry.type
class Mutation:
    @strawberry.field
    def record(self, info: Info, text: str = "sync") -> Thing:
        info.context.log.append(text)
        return Thing(len(text))

    @strawberry.field
    async def record_later(self, info: Info, text: str = "async", turns: int = 2) -> Thing | None:
        info.context.log.append(f"{text} starts")
        await slow(None, turns)
        info.context.log.append(f"{text} ends")
        return Thing(len(text))

    @level_field(description="A mutation that is a level field.")
    @staticmethod
    async def record_loaded(objects: Sequence[object], info: Info, seed: int = 3) -> list[Thing | None]:
        info.context.log.append(f"load of {seed} starts")
        things = await info.context.things.load_many([seed])
        info.context.log.append(f"load of {seed} ends")
        return list(things)

    @strawberry.field
    def fail(self, info: Info) -> str | None:
        info.context.log.append("fail")
        raise GraphQLError("refused", extensions={"code": "REFUSED"})

    @strawberry.field
    def fail_required(self, info: Info, fail: bool = True) -> str:
        info.context.log.append("fail required")
        if fail:
            raise ValueError("refused")
        return "passed"


@strawberry.type
class Subscription:
    @strawberry.subscription
    async def things(self, first: int = 0, count: int = 3) -> AsyncIterator[Thing | None]:
        for seed in range(first, first + min(count, 5)):
            yield _value(seed, "event", Thing(seed), None, ValueError("event"))

    @strawberry.subscription
    async def strict_beings(self, first: int = 0) -> AsyncIterator[Annotated[Being, strawberry.union("Being")]]:
        for seed in range(first, first + 3):
            yield _value(seed, "strict event", Thing(seed), Person(seed=seed, age=None), Robot(seed=seed), None)

    @strawberry.subscription
    async def numbers(self, first: int = 0, count: int = 3) -> AsyncIterator[int | None]:
        for number in range(first, first + min(count, 5)):
            yield _value(number, "number event", number, None, 2**40, ValueError("event"))


_CONFIG = StrawberryConfig(
    scalar_map={
        Odd: strawberry.scalar(name="Odd", serialize=odd, parse_value=odd),
        Anytext: strawberry.scalar(name="Anytext", serialize=text_or_nothing, parse_value=str),
    }
)


def build_schema(executor: type[Any] | None) -> strawberry.Schema:
    return strawberry.Schema(
        Query, Mutation, Subscription, types=[Person, Robot], config=_CONFIG, execution_context_class=executor
    )


REFERENCE = build_schema(None)
BREADTH_FIRST = build_schema(BreadthFirstExecutor)

SCALAR_VALUES: Mapping[str, Sequence[Any]] = {
    "Odd": [1, 3, -5],
    "Anytext": ["text"],
    "Date": ["2024-02-29"],
    "DateTime": ["2024-02-29T12:00:00Z"],
    "Decimal": ["1.50"],
}
"""Valid values of the schema's own scalars, as JSON."""
