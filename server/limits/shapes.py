"""The shape of a document: how deep its fields are nested, and how many aliases and directives it has.

It is measured before the document is validated, because validating a large document takes seconds. A fragment is
measured once, however often it is spread: expanding the fragments of a small document can take hours.
"""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    OperationDefinitionNode,
    SelectionSetNode,
)

INTROSPECTION = frozenset({"__schema", "__type"})

_NOT_COUNTED = -1_000_000
"""The level within introspection: no nesting reaches a positive level from here."""


class Shape(NamedTuple):
    depth: int
    """The number of fields on the longest path. Introspection is not counted: its depth is that of its types."""

    aliases: int
    """Fields that are repeated in a selection set count too: like aliases, they multiply the work of validation."""

    directives: int


class _Spread(NamedTuple):
    fragment: str
    depth: int


class _Definition(NamedTuple):
    """The shape of an operation or fragment without the fragments that it spreads."""

    shape: Shape
    spreads: list[_Spread]


def shape_of(document: DocumentNode) -> Shape:
    """Returns the depth of the deepest operation, and the largest number of aliases and directives of an operation or
    a fragment, each with the fragments that it spreads. A fragment that spreads itself, which is invalid, counts
    once."""
    definitions = [
        definition
        for definition in document.definitions
        if isinstance(definition, OperationDefinitionNode | FragmentDefinitionNode)
    ]
    fragments = {
        definition.name.value: _measured(definition)
        for definition in definitions
        if isinstance(definition, FragmentDefinitionNode)
    }
    known = _with_spreads(fragments)
    operations = (_measured(each) for each in definitions if isinstance(each, OperationDefinitionNode))
    shapes = [shape._replace(depth=0) for shape in known.values()]
    shapes += [_total(operation, known) for operation in operations]
    return Shape(*map(max, zip(*shapes, strict=True))) if shapes else Shape(0, 0, 0)


def _measured(definition: OperationDefinitionNode | FragmentDefinitionNode) -> _Definition:
    depth = aliases = 0
    directives = len(definition.directives or ())
    for variable in definition.variable_definitions or ():
        directives += len(variable.directives or ())
    spreads: list[_Spread] = []
    nested = [(definition.selection_set, 1)]
    while nested:
        selection_set, level = nested.pop()
        aliases += _repetitions(selection_set)
        for selection in selection_set.selections:
            directives += len(selection.directives or ())
            if isinstance(selection, FragmentSpreadNode):
                spreads.append(_Spread(selection.name.value, level - 1))
                continue
            inner = level
            if isinstance(selection, FieldNode):
                depth = max(depth, level)
                aliases += selection.alias is not None
                inner = _NOT_COUNTED if selection.name.value in INTROSPECTION else level + 1
            if selection.selection_set is not None:  # type: ignore[attr-defined]
                nested.append((selection.selection_set, inner))  # type: ignore[attr-defined]
    return _Definition(Shape(depth, aliases, directives), spreads)


def _repetitions(selection_set: SelectionSetNode) -> int:
    """Returns how many fields without an alias have the name of another one in the selection set."""
    names = [node.name.value for node in selection_set.selections if isinstance(node, FieldNode) and node.alias is None]
    return len(names) - len(set(names))


def _with_spreads(fragments: Mapping[str, _Definition]) -> dict[str, Shape]:
    """Returns the shapes of the fragments with those that they spread. Without recursion: a document can have
    a thousand fragments that each spread the next."""
    known: dict[str, Shape] = {}
    for root in fragments:
        path: dict[str, Iterator[_Spread]] = {root: iter(fragments[root].spreads)}
        while path:
            name = next(reversed(path))
            for spread, _ in path[name]:
                if spread in fragments and spread not in known and spread not in path:
                    path[spread] = iter(fragments[spread].spreads)
                    break
            else:
                known[name] = _total(fragments[name], known)
                del path[name]
    return known


def _total(definition: _Definition, known: Mapping[str, Shape]) -> Shape:
    depth, aliases, directives = definition.shape
    for spread in definition.spreads:
        if (shape := known.get(spread.fragment)) is not None:
            depth = max(depth, spread.depth + shape.depth)
            aliases += shape.aliases
            directives += shape.directives
    return Shape(depth, aliases, directives)
