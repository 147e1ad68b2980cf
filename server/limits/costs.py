"""The cost of an operation: how many objects it can return, as the IBM cost specification computes it.

https://ibm.github.io/graphql-specs/cost-spec.html

An object costs 1 and a scalar nothing, and a list costs as much as its items together. The directives @listSize and
@cost of the schema say how large the lists are, and which fields cost more. An operation is compiled once
(`cost_compiler`). Its cost is then computed from the variables of each request.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

Variables = Mapping[str, object]


class Condition(NamedTuple):
    """The condition of an @include (`value` is True) or @skip (False) with a variable."""

    variable: str
    value: bool


Conditions = tuple[Condition, ...]
"""All of them must be met."""


class Size(NamedTuple):
    """The size of a list: the largest of the values that the request gives, or the assumed size."""

    assumed: int
    constants: tuple[int, ...] = ()
    variables: tuple[str, ...] = ()
    """The names of variables with page sizes, or with lists that are as long as the result's."""

    def of(self, variables: Variables) -> int:
        given = [*self.constants, *(length_of(variables.get(name)) for name in self.variables)]
        return max((size for size in given if size is not None), default=self.assumed)


class CostedField(NamedTuple):
    """A field of the result, merged from all places that select it."""

    weight: int
    size: Size
    shown_if: tuple[Conditions, ...]
    """It is in the result if any of these is met. Empty: always."""

    selections: tuple[int, ...]
    """The numbers of what is selected on each type that the value can have."""


CostedSelection = tuple[CostedField, ...]


class OperationCost:
    """The compiled cost of an operation."""

    def __init__(self, selections: Sequence[CostedSelection], defaults: Variables) -> None:
        """Each selection comes after those within it. `defaults` are those of the operation's variables."""
        self._selections = selections
        self._defaults = defaults
        is_constant = not any(field.size.variables or field.shown_if for each in selections for field in each)
        self._constant = self._total({}) if is_constant else None

    @property
    def is_empty(self) -> bool:
        """Whether the operation never returns an object."""
        return not self._selections[-1]

    def total(self, variables: Variables | None) -> int:
        """Returns the cost with these variables, as the client sent them."""
        return self._total(variables or {}) if self._constant is None else self._constant

    def _total(self, variables: Variables) -> int:
        given = {**self._defaults, **variables}
        totals: list[int] = []
        for selection in self._selections:
            totals.append(sum(_cost(field, totals, given) for field in selection))
        return totals[-1]


def _cost(field: CostedField, totals: Sequence[int], variables: Variables) -> int:
    if field.shown_if and not any(_are_met(conditions, variables) for conditions in field.shown_if):
        return 0
    inner = max((totals[number] for number in field.selections), default=0)
    return field.size.of(variables) * (field.weight + inner)


def _are_met(conditions: Conditions, variables: Variables) -> bool:
    return all(variables.get(variable) is value for variable, value in conditions)


def length_of(value: object) -> int | None:
    """Returns the number of items that an argument requests; None for null and for an invalid value."""
    if isinstance(value, int) and not isinstance(value, bool):
        return max(value, 0)
    if isinstance(value, float) and value.is_integer():
        return max(int(value), 0)  # GraphQL accepts 100.0 as the Int 100 in variables.
    return len(value) if isinstance(value, list | tuple) else None
