"""How the values of a field are resolved for all objects of a level.

The kind of resolver is chosen once, when the field is compiled. Attributes and plain methods of strawberry types are
called in one loop, level fields once for the whole level, and everything else as graphql-core does, once per object.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from dis import get_instructions
from functools import partial
from operator import attrgetter
from types import FunctionType
from typing import TYPE_CHECKING, Any, Protocol

from graphql import GraphQLField, GraphQLFieldResolver
from strawberry.types.field import StrawberryField

from execution.level import Conditional, LevelFunction, level_function_of
from execution.positions import Position

if TYPE_CHECKING:
    from execution.calls import Calls
    from execution.plan import FieldPlan

Column = list[Any]
"""One value per object of a level."""

Resolved = Sequence[Any] | Conditional[Any]


class Resolver(Protocol):
    @property
    def is_immediate(self) -> bool:
        """Whether `resolve` never raises and returns a list, without arguments or info."""

    def resolve(
        self, calls: "Calls", field: "FieldPlan", objects: list[Any], position: Position
    ) -> Resolved | Awaitable[Resolved]:
        """Returns one value per object, in their order. An exception among the values is the error of its object, and
        one that is raised is the error of every object."""


@dataclass(frozen=True, slots=True)
class Constant:
    """The same value for every object: `__typename`."""

    value: object
    is_immediate = True

    def resolve(self, calls: "Calls", field: "FieldPlan", objects: list[Any], position: Position) -> Column:
        return [self.value] * len(objects)


class EventValue:
    """The object itself: the root field of a subscription, whose object is the event."""

    is_immediate = False

    def resolve(self, calls: "Calls", field: "FieldPlan", objects: list[Any], position: Position) -> Column:
        # graphql-core coerces the arguments for each event, and reports their errors as those of the event.
        calls.arguments(field)
        return objects


@dataclass(frozen=True, slots=True)
class Attribute:
    """A field without a resolver."""

    get: Callable[[Any], Any]
    is_immediate = True

    def resolve(self, calls: "Calls", field: "FieldPlan", objects: list[Any], position: Position) -> Column:
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

    def resolve(self, calls: "Calls", field: "FieldPlan", objects: list[Any], position: Position) -> Column:
        if self.is_immediate:
            return call_each(self.function, objects)
        arguments = calls.python_arguments(field)
        if self.info_parameter is not None:
            arguments = {**arguments, self.info_parameter: calls.strawberry_info(field)}
        return call_each(partial(self.function, **arguments), objects)


@dataclass(frozen=True, slots=True)
class LevelResolver:
    """A level field (`execution.level_field`)."""

    function: LevelFunction
    is_immediate = False

    def resolve(
        self, calls: "Calls", field: "FieldPlan", objects: list[Any], position: Position
    ) -> Resolved | Awaitable[Resolved]:
        return self.function(objects, calls.strawberry_info(field), **calls.python_arguments(field))


@dataclass(frozen=True, slots=True)
class Standard:
    """Any other resolver, called as graphql-core calls it."""

    function: GraphQLFieldResolver
    is_immediate = False

    def resolve(self, calls: "Calls", field: "FieldPlan", objects: list[Any], position: Position) -> Column:
        arguments = calls.arguments(field)
        values: Column = []
        for number, source in enumerate(objects):
            try:
                values.append(self.function(source, calls.object_info(field, position, number), **arguments))
            except Exception as error:
                values.append(error)
        return values


def call_each(function: Callable[[Any], Any], objects: Sequence[Any]) -> Column:
    """Returns the result of the function for each object, or the exception that it raised."""
    values: Column = []
    rest = iter(objects)
    while len(values) < len(objects):
        try:
            # If the function raises, the results so far are kept, and the iterator stands after the object.
            values.extend(map(function, rest))
        except Exception as error:
            values.append(error)
        else:
            if len(values) < len(objects):
                # `map` took a StopIteration that the function raised for the end of the objects.
                values.append(StopIteration())
    return values


def resolver_of(definition: GraphQLField, default: GraphQLFieldResolver, is_event: bool) -> Resolver:
    """Returns the resolver of a field. `is_event`: it is the root field of a subscription's event."""
    if is_event:
        return EventValue()
    field = definition.extensions.get("strawberry-definition")
    if not isinstance(field, StrawberryField) or type(field).get_result is not StrawberryField.get_result:
        return Standard(definition.resolve or default)
    function = level_function_of(field)
    if function is not None:
        return LevelResolver(function)
    if field.is_basic_field:
        return Attribute(_getter(field))
    if _is_plain_method(field):
        assert field.base_resolver is not None
        info_parameter = field.base_resolver.info_parameter
        method = field.base_resolver._unbound_wrapped_func
        attributes = _returned_attributes(method)
        if attributes is not None:
            return Attribute(attrgetter(attributes))
        return Method(
            method,
            info_parameter.name if info_parameter is not None else None,
            bool(field.arguments),
        )
    return Standard(definition.resolve or default)


def _getter(field: StrawberryField) -> Callable[[Any], Any]:
    if field.default_resolver is getattr:
        return attrgetter(field.python_name)
    return lambda source: field.default_resolver(source, field.python_name)


def _returned_attributes(method: Callable[..., Any]) -> str | None:
    """Returns "row.name" for a method that does nothing but `return self.row.name`, and None for every other method.
    Getting an attribute takes half the time of calling the method."""
    if not isinstance(method, FunctionType):
        return None
    self_name, *others = method.__code__.co_varnames or ("",)
    names: list[str] = []
    for instruction in get_instructions(method):
        match instruction.opname, instruction.argval:
            case "RESUME", _:
                pass
            case (("LOAD_FAST" | "LOAD_FAST_BORROW"), name) if name == self_name and not others and not names:
                pass
            case "LOAD_ATTR", str(name):
                names.append(name)
            case "RETURN_VALUE", _ if names:
                return ".".join(names)
            case _:
                return None
    return None


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
