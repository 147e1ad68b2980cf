"""Where the values of a level are in the response.

The executor handles all values at one place of the query together: the authors of all messages, for example. A position
is one such place; the values at it are numbered. From a position and a number, the path in the response can be derived,
which is done only for errors and for resolvers that may ask for it.
"""

from bisect import bisect_right
from collections.abc import Sequence
from itertools import accumulate
from typing import NamedTuple, Protocol, final

PathKey = str | int


class Step(NamedTuple):
    """One step of a path: its key, its rank among the steps that could stand in its place, and whether a null there
    makes the object or list around it null."""

    key: PathKey
    rank: int
    non_null: bool


class Position(Protocol):
    @property
    def parent(self) -> "Position | None":
        """The position of the objects or lists that the values are in; None at the root."""

    def step_from_parent(self, number: int) -> tuple[Step | None, int]:
        """Returns the step to the value, if there is one between the two positions, and the number that the object or
        list around it has at the parent. Not called at the root."""


def trace(position: Position, number: int) -> tuple[int, list[Step]]:
    """Returns the number of the root that a value belongs to, and the steps from there to the value."""
    steps: list[Step] = []
    while position.parent is not None:
        step, number = position.step_from_parent(number)
        if step is not None:
            steps.append(step)
        position = position.parent
    steps.reverse()
    return number, steps


def mark_errors(position: Position) -> None:
    """Marks the values that are completed for others too and that contain a value with an error at this position."""
    around: Position | None = position
    while around is not None:
        if isinstance(around, SharedPosition):
            around.has_errors = True
        around = around.parent


@final
class RootPosition:
    """The root values: one for a query, one per event for events that are executed together."""

    __slots__ = ()
    parent = None

    def step_from_parent(self, number: int) -> tuple[Step | None, int]:
        raise AssertionError("The root has no parent.")


@final
class FieldPosition:
    """The values of one field of the objects at `parent`."""

    __slots__ = ("parent", "step")

    def __init__(self, parent: Position, step: Step) -> None:
        self.parent = parent
        self.step = step

    def step_from_parent(self, number: int) -> tuple[Step | None, int]:
        return self.step, number


@final
class ItemPosition:
    """The items of all lists at `parent`, one list after the other."""

    __slots__ = ("ends", "lengths", "non_null", "parent")

    def __init__(self, parent: Position, lengths: Sequence[int], non_null: bool) -> None:
        self.parent = parent
        self.lengths = lengths
        self.non_null = non_null
        self.ends: list[int] | None = None

    def step_from_parent(self, number: int) -> tuple[Step | None, int]:
        if self.ends is None:
            self.ends = list(accumulate(self.lengths))
        owner = bisect_right(self.ends, number)
        index = number - (self.ends[owner] - self.lengths[owner])
        return Step(index, index, self.non_null), owner


@final
class SharedPosition:
    """The first values at `parent` that are completed for others too, given by their numbers."""

    __slots__ = ("has_errors", "numbers", "parent")

    def __init__(self, parent: Position, numbers: Sequence[int]) -> None:
        self.parent = parent
        self.numbers = numbers
        self.has_errors = False
        """Whether the values or anything within them has an error."""

    def step_from_parent(self, number: int) -> tuple[Step | None, int]:
        return None, self.numbers[number]


@final
class SubsetPosition:
    """Some of the values at `parent`, given by their numbers."""

    __slots__ = ("numbers", "parent")

    def __init__(self, parent: Position, numbers: Sequence[int]) -> None:
        self.parent = parent
        self.numbers = numbers

    def step_from_parent(self, number: int) -> tuple[Step | None, int]:
        return None, self.numbers[number]
