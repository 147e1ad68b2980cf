"""How the values of a field are resolved for all objects of a level.

The kind of resolver is chosen once, when the field is compiled. Attributes and plain methods of strawberry types are
called in one loop, level fields once for the whole level, and everything else as graphql-core does, once per object.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from functools import partial
from operator import attrgetter
from typing import TYPE_CHECKING, Any, Protocol

from graphql import GraphQLField, GraphQLFieldResolver
from strawberry.types.field import StrawberryField

from execution.level import LevelFunction, level_function_of
from execution.positions import Position

if TYPE_CHECKING:
    from execution.plan import FieldPlan
    from execution.run import Run

Values = list[Any]


class Resolver(Protocol):
    @property
    def is_immediate(self) -> bool:
        """Whether `resolve` never raises and returns a list, without arguments or info."""

    def resolve(
        self, run: "Run", field: "FieldPlan", objects: list[Any], position: Position
    ) -> Values | Awaitable[Sequence[Any]]:
        """Returns one value per object, in their order; an exception stands for the error of its object. Raises the
        error of all objects."""


@dataclass(frozen=True, slots=True)
class Constant:
    """The same value for every object: `__typename`."""

    value: object
    is_immediate = True

    def resolve(self, run: "Run", field: "FieldPlan", objects: list[Any], position: Position) -> Values:
        return [self.value] * len(objects)


class Event:
    """The object itself: the root field of a subscription, whose object is the event."""

    is_immediate = False

    def resolve(self, run: "Run", field: "FieldPlan", objects: list[Any], position: Position) -> Values:
        # graphql-core coerces the arguments for each event, and reports their errors as those of the event.
        run.arguments(field)
        return objects


@dataclass(frozen=True, slots=True)
class Attribute:
    """A field without a resolver."""

    get: Callable[[Any], Any]
    is_immediate = True

    def resolve(self, run: "Run", field: "FieldPlan", objects: list[Any], position: Position) -> Values:
        return call_each(self.get, objects)


@dataclass(frozen=True, slots=True)
class Method:
    """A resolver that is a plain method, `(self, info, **arguments)` or without info."""

    function: Callable[..., Any]
    info_parameter: str | None
    has_arguments: bool

    @property
    def is_immediate(self) -> bool:
        return self.info_parameter is None and not self.has_arguments

    def resolve(self, run: "Run", field: "FieldPlan", objects: list[Any], position: Position) -> Values:
        if self.is_immediate:
            return call_each(self.function, objects)
        arguments = run.python_arguments(field)
        if self.info_parameter is not None:
            arguments = {**arguments, self.info_parameter: run.strawberry_info(field)}
        return call_each(partial(self.function, **arguments), objects)


@dataclass(frozen=True, slots=True)
class Level:
    """A level field (`execution.level_field`)."""

    function: LevelFunction
    is_immediate = False

    def resolve(
        self, run: "Run", field: "FieldPlan", objects: list[Any], position: Position
    ) -> Values | Awaitable[Sequence[Any]]:
        values = self.function(objects, run.strawberry_info(field), **run.python_arguments(field))
        return values if isinstance(values, Awaitable | list) else list(values)


@dataclass(frozen=True, slots=True)
class Standard:
    """Any other resolver, called as graphql-core calls it."""

    function: GraphQLFieldResolver
    is_immediate = False

    def resolve(self, run: "Run", field: "FieldPlan", objects: list[Any], position: Position) -> Values:
        arguments = run.arguments(field)
        values: Values = []
        for number, source in enumerate(objects):
            try:
                values.append(self.function(source, run.info_at(field, position, number), **arguments))
            except Exception as error:
                values.append(error)
        return values


def call_each(function: Callable[[Any], Any], objects: Sequence[Any]) -> Values:
    """Returns the result of the function for each object; where it raised, the exception stands instead."""
    values: Values = []
    rest = iter(objects)
    while len(values) < len(objects):
        try:
            # If the function raises, the results so far are kept, and the iterator stands after the object.
            values.extend(map(function, rest))
        except Exception as error:
            values.append(error)
        else:
            if len(values) < len(objects):
                # `map` took a StopIteration of the function for the end of the objects.
                values.append(StopIteration())
    return values


def resolver_of(definition: GraphQLField, default: GraphQLFieldResolver, is_event: bool) -> Resolver:
    """Returns the resolver of a field. `is_event`: it is the root field of a subscription's event."""
    if is_event:
        return Event()
    field = definition.extensions.get("strawberry-definition")
    if not isinstance(field, StrawberryField) or type(field).get_result is not StrawberryField.get_result:
        return Standard(definition.resolve or default)
    function = level_function_of(field)
    if function is not None:
        return Level(function)
    if field.is_basic_field:
        return Attribute(_getter(field))
    if _is_plain_method(field):
        assert field.base_resolver is not None
        info_parameter = field.base_resolver.info_parameter
        return Method(
            field.base_resolver._unbound_wrapped_func,
            info_parameter.name if info_parameter is not None else None,
            bool(field.arguments),
        )
    return Standard(definition.resolve or default)


def _getter(field: StrawberryField) -> Callable[[Any], Any]:
    if field.default_resolver is getattr:
        return attrgetter(field.python_name)
    return lambda source: field.default_resolver(source, field.python_name)


def _is_plain_method(field: StrawberryField) -> bool:
    resolver = field.base_resolver
    return (
        resolver is not None
        and not field.extensions
        and not field.permission_classes
        and not resolver.is_async
        and resolver.self_parameter is not None
        and resolver.parent_parameter is None
        and resolver.root_parameter is None
    )
