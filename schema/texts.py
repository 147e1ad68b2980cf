"""The length of the texts that clients send. It is limited before resolvers are called, so none of them computes with
a text of megabytes."""

from collections.abc import AsyncGenerator, Callable, Iterable, Iterator, Mapping
from functools import wraps
from itertools import chain
from typing import Any, NamedTuple, ParamSpec, TypeVar

import strawberry
from strawberry.types.base import has_object_definition
from strawberry.types.field import StrawberryField
from strawberry.utils.str_converters import to_camel_case

from chat.errors import DenialCode, Denied, RefusalCode, Refused

TEXT_LENGTH = 20_000
"""The maximum number of characters of any text or id. Most texts have a smaller limit of their own."""

QUERY_LENGTH = 200
"""The maximum number of characters that names are searched for. Folding combining marks takes quadratic time."""

_LIMIT = "internal_chat.limit"

Arguments = ParamSpec("Arguments")
Item = TypeVar("Item")


class _LongText(NamedTuple):
    path: tuple[str, ...]
    limit: int


def query_argument(description: str) -> Any:
    """Returns the annotation of an argument that names are searched for."""
    return strawberry.argument(
        description=f"{description} Up to {QUERY_LENGTH} characters.", metadata={_LIMIT: QUERY_LENGTH}
    )


def check_texts(field: StrawberryField, values: Mapping[str, object]) -> None:
    """Raises Denied BAD_USER_INPUT if a text in an argument of the field is too long."""
    for long in _long_texts(field, values):
        raise _denied(long)


def check_inputs(inputs: Iterable[object]) -> None:
    """Raises Refused INVALID if a text in the inputs of a mutation is too long."""
    for long in chain.from_iterable(_long_texts_in(input, (), TEXT_LENGTH) for input in inputs):
        raise Refused(RefusalCode.INVALID, f"This text can have at most {long.limit:,} characters.", *long.path)


def checked_subscription(
    resolver: Callable[Arguments, AsyncGenerator[Item, None]],
) -> Callable[Arguments, AsyncGenerator[Item, None]]:
    """Applies the limit to the arguments of a subscription, which graphql-core passes to the resolver by name."""

    @wraps(resolver)
    def checked(*args: Arguments.args, **kwargs: Arguments.kwargs) -> AsyncGenerator[Item, None]:
        for name, value in kwargs.items():
            for long in _long_texts_in(value, (to_camel_case(name),), TEXT_LENGTH):
                raise _denied(long)
        return resolver(*args, **kwargs)

    return checked


def _long_texts(field: StrawberryField, values: Mapping[str, object]) -> Iterator[_LongText]:
    for argument in field.arguments:
        value = values.get(argument.python_name)
        if value is not None:
            limit = argument.metadata.get(_LIMIT, TEXT_LENGTH)
            yield from _long_texts_in(value, (to_camel_case(argument.python_name),), limit)


def _long_texts_in(value: object, path: tuple[str, ...], limit: int) -> Iterator[_LongText]:
    """Yields the texts in the value that are longer than the limit, with their paths."""
    match value:
        case str():
            if len(value) > limit:
                yield _LongText(path, limit)
        case list():
            for place, item in enumerate(value):
                yield from _long_texts_in(item, (*path, str(place)), limit)
        case strawberry.Some():
            yield from _long_texts_in(value.value, path, limit)
        case _ if has_object_definition(value):
            for field in value.__strawberry_definition__.fields:
                name = field.graphql_name or to_camel_case(field.python_name)
                yield from _long_texts_in(getattr(value, field.python_name), (*path, name), limit)


def _denied(long: _LongText) -> Denied:
    return Denied(DenialCode.BAD_USER_INPUT, f"`{'.'.join(long.path)}` can have at most {long.limit:,} characters.")
