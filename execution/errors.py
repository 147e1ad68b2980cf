"""The errors of an execution, reported as graphql-core reports them.

A field error makes its value null. If the type is non-null, the nearest enclosing nullable value becomes null instead.
Which errors within that value are reported depends on the order of execution. The reference is depth-first execution in
the order of the response, which stops executing a value at the first error that makes it null.
"""

import sys
from collections.abc import Iterable, Sequence, Set
from dataclasses import dataclass

from graphql import FieldNode, GraphQLError
from graphql.error import located_error

from execution.positions import PathKey, Position, Step, mark_errors, trace

Path = tuple[PathKey, ...]


@dataclass(frozen=True, slots=True)
class _FieldError:
    error: GraphQLError
    path: Path
    ranks: tuple[int, ...]
    """Orders errors as depth-first execution would meet them."""

    nulled: Path | None
    """The path of the value that becomes null; None for the whole data."""


class ErrorLog:
    """Collects the field errors of all roots of an execution."""

    def __init__(self) -> None:
        self._errors: dict[int, list[_FieldError]] = {}
        self._forgotten: dict[int, set[Path]] = {}

    def add(self, error: Exception, nodes: list[FieldNode], position: Position, number: int) -> None:
        """Adds the error of one value."""
        self._add(error, nodes, position, number, ())

    def add_after_items(self, error: Exception, nodes: list[FieldNode], position: Position, number: int) -> None:
        """Adds the error of a list that occurred only after its first items had been completed."""
        self._add(error, nodes, position, number, (sys.maxsize,))

    def forget(self, position: Position, number: int) -> None:
        """Drops the errors of one value and of everything within it."""
        root, steps = trace(position, number)
        self._forgotten.setdefault(root, set()).add(tuple(step.key for step in steps))

    def of(self, root: int) -> list[GraphQLError] | None:
        """Returns the errors to report for a root; None if there are none."""
        forgotten = self._forgotten.get(root, set())
        errors = [error for error in self._errors.get(root, ()) if not _is_within(error.path, forgotten)]
        return list(_reported(sorted(errors, key=lambda error: error.ranks))) if errors else None

    def _add(
        self, error: Exception, nodes: list[FieldNode], position: Position, number: int, last_ranks: tuple[int, ...]
    ) -> None:
        mark_errors(position)
        root, steps = trace(position, number)
        path = tuple(step.key for step in steps)
        located = located_error(error, nodes, list(path))
        ranks = (*(step.rank for step in steps), *last_ranks)
        self._errors.setdefault(root, []).append(_FieldError(located, path, ranks, _nulled(steps)))


def _nulled(steps: Sequence[Step]) -> Path | None:
    """Returns the path of the value that becomes null if the value at the end of these steps does."""
    length = len(steps)
    while length and steps[length - 1].non_null:
        length -= 1
    return tuple(step.key for step in steps[:length]) if length else None


def _reported(errors: Iterable[_FieldError]) -> Iterable[GraphQLError]:
    nulled: set[Path | None] = set()
    for error in errors:
        if None in nulled or _is_within(error.path, nulled):
            continue
        nulled.add(error.nulled)
        yield error.error


def _is_within(path: Path, paths: Set[Path | None]) -> bool:
    """Returns whether one of the paths is the path or leads to a value around it."""
    if paths:
        for length in range(1, len(path) + 1):
            if path[:length] in paths:
                return True
    return False
