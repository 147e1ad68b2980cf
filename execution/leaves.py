"""Serializing the scalars and enums of a level.

Most values of a level need no conversion: a `String` that is a `str` is sent unchanged. One check of the types that
occur decides that for the whole level. Values are converted one by one only if that check fails.
"""

from collections.abc import Callable, Mapping, Sequence, Set
from enum import Enum
from types import NoneType
from typing import Any

from graphql import (
    GraphQLBoolean,
    GraphQLEnumType,
    GraphQLID,
    GraphQLInt,
    GraphQLLeafType,
    GraphQLString,
)
from graphql.pyutils import Undefined, inspect

_SENT_UNCHANGED: Mapping[GraphQLLeafType, frozenset[type]] = {
    GraphQLString: frozenset({str}),
    GraphQLID: frozenset({str}),
    GraphQLBoolean: frozenset({bool}),
}
_INT_LIMIT = 2**31

OnError = Callable[[int, Exception], None]
"""Reports that the value with this number has an error."""


class LeafSerializer:
    """Serializes values of one leaf type as graphql-core does."""

    def __init__(self, type_: GraphQLLeafType, encoded: type | None = None) -> None:
        """Values of the type `encoded` are sent unchanged, because the JSON encoder serializes them."""
        self._type = type_
        self._sent_unchanged = _SENT_UNCHANGED.get(type_, frozenset()) | {NoneType, encoded or NoneType}
        self._enum = _python_enum(type_)
        self._names = {} if self._enum is None else _member_names(type_, self._enum)

    def sends(self, values: Sequence[Any], types: Set[type], non_null: bool) -> bool:
        """Returns whether the values are valid and sent unchanged. `types` are the types of the values."""
        if non_null and NoneType in types:
            return False
        if self._type is GraphQLInt and types == {int}:
            return _are_in_range(values)
        return self._sent_unchanged.issuperset(types)

    def serialize(self, values: list[Any], types: Set[type], on_error: OnError) -> list[Any]:
        """Returns the serialized values; None for null, and for a value that is an exception or cannot be converted."""
        if self._sent_unchanged.issuperset(types):
            return values
        converted: list[Any] = []
        try:
            if self._enum is not None and types == {self._enum}:
                return list(map(self._names.__getitem__, values))
            # Exceptions are not converted: most scalars would convert them to text instead of raising.
            if NoneType not in types and not any(issubclass(type_, Exception) for type_ in types):
                converted.extend(map(self._type.coerce_output_value, values))
        except Exception:
            return self._converted_one_by_one(values, on_error)
        # A scalar that raises StopIteration ends `map` early.
        if len(converted) < len(values) or None in converted or Undefined in converted:
            return self._converted_one_by_one(values, on_error)
        return converted

    def _converted_one_by_one(self, values: Sequence[Any], on_error: OnError) -> list[Any]:
        convert = self._type.coerce_output_value
        converted: list[Any] = []
        for number, value in enumerate(values):
            result = None
            if isinstance(value, Exception):
                on_error(number, value)
            elif value is not None and value is not Undefined:
                try:
                    result = convert(value)
                    if result is None or result is Undefined:
                        raise TypeError(self._no_value(value, result))
                except Exception as error:
                    on_error(number, error)
                    result = None
            converted.append(result)
        return converted

    def _no_value(self, value: object, result: object) -> str:
        return (
            f"Expected `{inspect(self._type)}.coerce_output_value({inspect(value)})`"
            f" to return non-nullable value, returned: {inspect(result)}"
        )


def _python_enum(type_: GraphQLLeafType) -> type[Enum] | None:
    """Returns the Python enum that strawberry made the type from."""
    enum = getattr(type_, "wrapped_cls", None)
    return enum if isinstance(type_, GraphQLEnumType) and isinstance(enum, type) and issubclass(enum, Enum) else None


def _member_names(type_: GraphQLLeafType, enum: type[Enum]) -> dict[Enum, str]:
    """Returns the GraphQL name of each member that has one."""
    assert isinstance(type_, GraphQLEnumType)
    names: dict[Enum, str] = {}
    for member in enum:
        for name, value in type_.values.items():
            if member.value == value.value:
                names[member] = name
                break
    return names


def _are_in_range(values: Sequence[int]) -> bool:
    return min(values) >= -_INT_LIMIT and max(values) < _INT_LIMIT
