"""Fields that are resolved once for all objects of a level.

`level_field` makes a strawberry field from a function that takes the objects of a level and returns one value for each.
Under another executor, the same function is called with a level of one object.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from inspect import iscoroutinefunction, signature
from types import UnionType
from typing import Any, Generic, TypeVar, Union, get_args, get_origin

import strawberry
from strawberry.types.field import StrawberryField

Value = TypeVar("Value")

LEVEL = "level_function"
"""The key of a field's metadata that holds its level function."""


@dataclass(frozen=True, slots=True)
class Conditional(Generic[Value]):
    """Values whose fields are resolved before it is known whether the values are shown. A level function may return it
    instead of a list.

    `condition` returns one boolean per value. Where it is false, the value is replaced by the one in `otherwise`, and
    errors within it are dropped. The condition and the fields of the values are resolved at the same time, so they can
    wait for the same read of a `LastLoader`.
    """

    values: Sequence[Value]
    condition: Awaitable[Sequence[bool]]
    otherwise: Sequence[Value]


LevelFunction = Callable[..., Sequence[Any] | Conditional[Any] | Awaitable[Sequence[Any] | Conditional[Any]]]


def level_field(
    *, description: str, graphql_type: Any = None, directives: Sequence[object] = ()
) -> Callable[[Callable[..., Any]], Any]:
    """Makes a field of a static method `(objects, info, **arguments)` that returns a list with one value per object, in
    their order, or an awaitable for one. It may await loads (`execution.Loader`) and nothing else. An exception in the
    list is the error of its object; one that is raised is the error of every object.

    It may also return a Conditional. The field's type is that of the items, unless `graphql_type` is given.
    """

    def make(method: Callable[..., Any]) -> Any:
        if not isinstance(method, staticmethod):
            raise TypeError("A level field is a static method: it has no object of its own.")
        function: LevelFunction = method.__func__
        return strawberry.field(
            resolver=_resolver_of_one(function, graphql_type is None),
            graphql_type=graphql_type,
            description=description,
            directives=directives,
            metadata={LEVEL: function},
        )

    return make


def root_field(
    *, description: str, directives: Sequence[object] = ()
) -> Callable[[Callable[..., Awaitable[Any]]], Any]:
    """Makes a root field of an asynchronous method `(self, info, **arguments)` that awaits loads and nothing else. It
    is then executed like a level field, without a task."""

    def make(method: Callable[..., Awaitable[Any]]) -> Any:
        async def resolve_level(roots: Sequence[object], info: strawberry.Info, **arguments: object) -> list[Any]:
            return [await method(root, info, **arguments) for root in roots]

        return strawberry.field(
            resolver=method, description=description, directives=directives, metadata={LEVEL: resolve_level}
        )

    return make


def level_function_of(field: StrawberryField) -> LevelFunction | None:
    """Returns the function of a level field; None for every other field."""
    function: LevelFunction | None = field.metadata.get(LEVEL)
    return function


def _resolver_of_one(function: LevelFunction, infer_type: bool) -> Callable[..., Any]:
    """Returns an ordinary resolver that calls the function with one object."""

    async def resolve_async(self: object, info: strawberry.Info, **arguments: object) -> object:
        return await _only_awaited(function([self], info, **arguments))

    def resolve(self: object, info: strawberry.Info, **arguments: object) -> object:
        values = function([self], info, **arguments)
        if isinstance(values, Awaitable):
            return _only_awaited(values)
        return _chosen(values) if isinstance(values, Conditional) else _only(values)

    resolver: Any = resolve_async if iscoroutinefunction(function) else resolve
    declared = signature(function)
    objects, *rest = declared.parameters.values()
    returned = _item_type(declared.return_annotation) if infer_type else object
    resolver.__signature__ = declared.replace(
        parameters=[objects.replace(name="self", annotation=objects.empty), *rest], return_annotation=returned
    )
    resolver.__annotations__ = {parameter.name: parameter.annotation for parameter in rest} | {"return": returned}
    resolver.__module__, resolver.__name__ = function.__module__, function.__name__
    made: Callable[..., Any] = resolver
    return made


def _only(values: Sequence[Any]) -> Any:
    (value,) = values
    return value


async def _only_awaited(awaitable: Any) -> Any:
    values = await awaitable
    return await _chosen(values) if isinstance(values, Conditional) else _only(values)


async def _chosen(conditional: Conditional[Any]) -> Any:
    return _only(conditional.values if _only(await conditional.condition) else conditional.otherwise)


def _item_type(returned: Any) -> Any:
    """Returns the type of the items of a list or a Conditional, without the exceptions among them."""
    if get_origin(returned) not in (list, Conditional):
        raise TypeError("A level function is annotated with the list or the Conditional that it returns.")
    (item,) = get_args(returned)
    if get_origin(item) not in (Union, UnionType):
        return item
    values = [each for each in get_args(item) if not (isinstance(each, type) and issubclass(each, Exception))]
    return Union[tuple(values)]  # noqa: UP007 (the types are known only at run time)
