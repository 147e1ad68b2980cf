"""The completed values of an execution, before they are put together.

Fields are resolved from the root down, and their values become known in any order. When all are known, they are put
together from the leaves up. Errors make values null in this second step.
"""

from collections.abc import Sequence
from itertools import accumulate, chain, pairwise
from typing import Any, Protocol, final

from execution.errors import ErrorLog
from execution.plan import FieldPlan, ListPlan, Row, SelectionPlan
from execution.positions import Position, SharedPosition
from execution.resolvers import Column


class Composite(Protocol):
    """The values of a field whose type is not a leaf."""

    def column(self) -> Column:
        """Returns the values; None for null."""


VALUES_AT_ONCE = 20_000
"""How many values are put into rows in one step. It takes one or two milliseconds."""

Values = Column | Composite
"""The completed values of a field. Those of leaves are a column from the start."""


@final
class Level:
    """Objects at one place of the query, with the values of the fields that are resolved already."""

    __slots__ = ("_columns", "_rows", "objects", "plan", "position", "values")

    def __init__(self, plan: SelectionPlan, objects: list[Any], position: Position) -> None:
        self.plan = plan
        self.objects = objects
        self.position = position
        self.values: list[Values] = []
        self._columns: list[Column] | None = None
        self._rows: list[Row | None] = []

    @property
    def has_rows(self) -> bool:
        """Whether the rows of all objects are made."""
        return len(self._rows) == len(self.objects)

    def make_next_rows(self) -> None:
        """Makes the rows of some more objects, once the values of all fields are known and the rows of the levels in
        them are made."""
        if self._columns is None:
            self._columns = [column_of(values) for values in self.values]
        begin = len(self._rows)
        count = VALUES_AT_ONCE // (len(self._columns) or 1) + 1
        if begin == 0 and count >= len(self.objects):
            self._rows = self._rows_of(self._columns, len(self.objects))
            return
        columns = [column[begin : begin + count] for column in self._columns]
        self._rows.extend(self._rows_of(columns, min(count, len(self.objects) - begin)))

    def _rows_of(self, columns: list[Column], count: int) -> list[Row | None]:
        rows = self.plan.rows(*columns) if columns else [{} for _ in range(count)]
        for index in self.plan.non_null_fields:
            if None in columns[index]:
                for number, value in enumerate(columns[index]):
                    if value is None:
                        rows[number] = None
        return rows

    def column(self) -> list[Row | None]:
        """Returns the rows; None for an object that an error made null."""
        return self._rows


@final
class Lists:
    """Lists, whose items were completed together."""

    __slots__ = ("items", "lengths", "non_null_items")

    def __init__(self, lengths: Sequence[int], items: Values, non_null_items: bool) -> None:
        self.lengths = lengths
        self.items = items
        self.non_null_items = non_null_items

    def column(self) -> Column:
        items = column_of(self.items)
        lists: Column = [items[start:end] for start, end in pairwise(accumulate(self.lengths, initial=0))]
        if self.non_null_items:
            lists = [None if None in each else each for each in lists]
        return lists


@final
class SharedValues:
    """Lists of which several are the same object. Each distinct list is completed once, as the value of the first
    object that has it. The other objects get the same completed list. If anything in the lists has an error, those of
    the other objects are completed too, because each has errors with its own path."""

    __slots__ = ("field", "first_values", "firsts", "lists", "other_values", "others", "plan", "position")

    def __init__(self, plan: ListPlan, lists: list[Column], position: Position, field: FieldPlan) -> None:
        self.plan = plan
        self.lists = lists
        self.position = position
        self.field = field
        number_of: dict[int, int] = {}
        for number, each in enumerate(lists):
            number_of.setdefault(id(each), number)
        self.firsts = SharedPosition(position, list(number_of.values()))
        self.others = [number for number, each in enumerate(lists) if number_of[id(each)] != number]
        """The numbers of the other objects."""

        self.first_values: Values = []
        self.other_values: Values | None = None

    def column(self) -> Column:
        firsts = column_of(self.first_values)
        if self.other_values is not None:
            parts = [(self.firsts.numbers, firsts), (self.others, self.other_values)]
            return MergedValues(len(self.lists), parts).column()
        value_of = {id(self.lists[number]): value for number, value in zip(self.firsts.numbers, firsts, strict=True)}
        return [value_of[id(each)] for each in self.lists]


@final
class ConcatenatedValues:
    """Values that were completed in parts, one after the other."""

    __slots__ = ("parts",)

    def __init__(self, parts: Sequence[Values]) -> None:
        self.parts = parts

    def column(self) -> Column:
        return list(chain.from_iterable(map(column_of, self.parts)))


@final
class MergedValues:
    """Values that were completed in parts. Each part has the numbers of its values. Values that no part contains are
    null."""

    __slots__ = ("length", "parts")

    def __init__(self, length: int, parts: Sequence[tuple[Sequence[int], Values]]) -> None:
        self.length = length
        self.parts = parts

    def column(self) -> Column:
        column: Column = [None] * self.length
        for numbers, values in self.parts:
            for number, value in zip(numbers, column_of(values), strict=True):
                column[number] = value
        return column


@final
class ValuesWithNulls:
    """Values, except that those with these numbers are null because of errors."""

    __slots__ = ("numbers", "values")

    def __init__(self, values: Values, numbers: Sequence[int]) -> None:
        self.values = values
        self.numbers = numbers

    def column(self) -> Column:
        column = list(column_of(self.values))
        for number in self.numbers:
            column[number] = None
        return column


@final
class ConditionalValues:
    """Values with a condition: where it is false, the value of `hidden` is used instead of that of `shown`."""

    __slots__ = ("condition", "errors", "hidden", "position", "shown")

    def __init__(self, shown: Values, hidden: Values, position: Position, errors: ErrorLog) -> None:
        self.shown = shown
        self.hidden = hidden
        self.position = position
        self.errors = errors
        self.condition: Sequence[bool] = ()

    def column(self) -> Column:
        column = list(column_of(self.shown))
        hidden = column_of(self.hidden)
        for number, is_shown in enumerate(self.condition):
            if not is_shown:
                self.errors.forget(self.position, number)
                column[number] = hidden[number]
        return column


@final
class PendingValues:
    """Values that are not known yet."""

    __slots__ = ("values",)

    def __init__(self) -> None:
        self.values: Values | None = None

    def column(self) -> Column:
        assert self.values is not None
        return column_of(self.values)


def column_of(values: Values) -> Column:
    return values if isinstance(values, list) else values.column()
