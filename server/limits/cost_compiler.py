"""Compiling the cost of an operation."""

from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLObjectType,
    GraphQLSchema,
    InlineFragmentNode,
    ListValueNode,
    OperationDefinitionNode,
    SelectionNode,
    SelectionSetNode,
    ValueNode,
    VariableNode,
    is_abstract_type,
    value_from_ast_untyped,
)

from server.limits.costs import Condition, Conditions, CostedField, CostedSelection, OperationCost, Size, length_of
from server.limits.field_costs import FieldCost, FieldCosts
from server.limits.shapes import INTROSPECTION


class TooManySelections(Exception):
    """Fragments that spread others in several places select too much to compute the cost."""


class _Place(NamedTuple):
    """A selection set, with the conditions of the selections around it."""

    selection_set: SelectionSetNode
    conditions: Conditions


class _Node(NamedTuple):
    """A field of the document, with the conditions under which it is in the result."""

    node: FieldNode
    conditions: Conditions


class _Sized(NamedTuple):
    """The size that a field gives to lists within its value."""

    size: Size
    fields: frozenset[str]


_ONE = Size(1)
_NOT_SIZED = _Sized(_ONE, frozenset())
_Key = tuple[str, _Sized, tuple[tuple[int, Conditions], ...]]


class CostCompiler:
    """Compiles the operations of a schema's documents, which must be valid."""

    def __init__(self, schema: GraphQLSchema) -> None:
        self._schema = schema
        self._costs = FieldCosts(schema)

    def compile(self, document: DocumentNode, operation: OperationDefinitionNode, steps: int) -> OperationCost:
        """Returns the cost without that of introspection. Raises TooManySelections if it takes more than `steps` to
        compile it: one for each selection of each merged selection set."""
        return self._compiled(document, operation, steps, lambda name: name not in INTROSPECTION)

    def introspection(self, document: DocumentNode, operation: OperationDefinitionNode, steps: int) -> int:
        """Returns the cost of what the operation introspects. Raises TooManySelections."""
        return self._compiled(document, operation, steps, INTROSPECTION.__contains__).total(None)

    def _compiled(
        self,
        document: DocumentNode,
        operation: OperationDefinitionNode,
        steps: int,
        root_fields: Callable[[str], bool],
    ) -> OperationCost:
        root = self._schema.get_root_type(operation.operation)
        assert root is not None, "the document is valid"
        compilation = _Compilation(self._schema, self._costs, document, steps)
        compilation.add_root(root, operation.selection_set, root_fields)
        defaults = {
            each.variable.name.value: value_from_ast_untyped(each.default_value)
            for each in operation.variable_definitions or ()
            if each.default_value is not None
        }
        return OperationCost(compilation.selections, defaults)


class _Compilation:
    """Compiles one operation. A set of places is compiled once for each type."""

    def __init__(self, schema: GraphQLSchema, costs: FieldCosts, document: DocumentNode, steps: int) -> None:
        self.selections: list[CostedSelection] = []
        self._schema = schema
        self._costs = costs
        self._numbers: dict[_Key, int] = {}
        self._steps = steps
        self._fragments = {
            each.name.value: each for each in document.definitions if isinstance(each, FragmentDefinitionNode)
        }

    def add_root(self, type_: GraphQLObjectType, selection_set: SelectionSetNode, names: Callable[[str], bool]) -> None:
        """Compiles the root fields of these names. Call it once."""
        fields = self._merged(type_, [_Place(selection_set, ())]).values()
        self._add(type_, _NOT_SIZED, [nodes for nodes in fields if names(nodes[0].node.name.value)])

    def _number_of(self, type_: GraphQLObjectType, sized: _Sized, places: Sequence[_Place]) -> int:
        """Compiles what the places select on the type. Returns its number."""
        key = type_.name, sized, tuple((id(place.selection_set), place.conditions) for place in places)
        if key not in self._numbers:
            self._numbers[key] = self._add(type_, sized, self._merged(type_, places).values())
        return self._numbers[key]

    def _add(self, type_: GraphQLObjectType, sized: _Sized, fields: Iterable[Sequence[_Node]]) -> int:
        compiled = [self._field(type_, sized, nodes) for nodes in fields]
        self.selections.append(tuple(field for field in compiled if field is not None))
        return len(self.selections) - 1

    def _field(self, type_: GraphQLObjectType, sized: _Sized, nodes: Sequence[_Node]) -> CostedField | None:
        """Returns None for a field that costs nothing."""
        node = nodes[0].node
        name = node.name.value
        cost = self._costs.of(type_, name)
        if not cost.weight and not cost.types:
            return None
        size = _size(cost, node)
        inner = _Sized(size, cost.sized_fields) if cost.sized_fields else _NOT_SIZED
        if cost.sized_fields:
            size = _ONE
        elif name in sized.fields:
            size = sized.size
        places = [_Place(each.selection_set, conditions) for each, conditions in nodes if each.selection_set]
        unconditional = any(not conditions for _, conditions in nodes)
        return CostedField(
            weight=cost.weight,
            size=size,
            shown_if=() if unconditional else tuple(conditions for _, conditions in nodes),
            selections=tuple(self._number_of(possible, inner, places) for possible in cost.types),
        )

    def _merged(self, type_: GraphQLObjectType, places: Iterable[_Place]) -> dict[str, list[_Node]]:
        """Returns the fields that the places select on the type, by their names in the result."""
        fields: dict[str, list[_Node]] = {}
        spread: set[tuple[str, Conditions]] = set()
        pending = list(reversed(list(places)))
        while pending:
            place = pending.pop()
            for node in place.selection_set.selections:
                self._count_step()
                conditions = _conditions(node, place.conditions)
                if conditions is None:
                    continue
                if isinstance(node, FieldNode):
                    name = node.alias.value if node.alias is not None else node.name.value
                    fields.setdefault(name, []).append(_Node(node, conditions))
                elif isinstance(node, InlineFragmentNode):
                    if self._applies(node, type_):
                        pending.append(_Place(node.selection_set, conditions))
                elif isinstance(node, FragmentSpreadNode) and (node.name.value, conditions) not in spread:
                    spread.add((node.name.value, conditions))
                    fragment = self._fragments[node.name.value]
                    if self._applies(fragment, type_):
                        pending.append(_Place(fragment.selection_set, conditions))
        return fields

    def _applies(self, fragment: InlineFragmentNode | FragmentDefinitionNode, type_: GraphQLObjectType) -> bool:
        if fragment.type_condition is None:
            return True
        condition = self._schema.type_map[fragment.type_condition.name.value]
        return condition is type_ or (is_abstract_type(condition) and self._schema.is_sub_type(condition, type_))

    def _count_step(self) -> None:
        self._steps -= 1
        if self._steps < 0:
            raise TooManySelections


def _size(cost: FieldCost, node: FieldNode) -> Size:
    """Returns the size that the field's arguments give to its list."""
    names = (cost.list_argument,) if cost.list_argument is not None else cost.slicing_arguments
    values = [each.value for each in node.arguments or () if each.name.value in names]
    constants = [length_of(_constant(value)) for value in values if not isinstance(value, VariableNode)]
    return Size(
        assumed=1 if cost.assumed_size is None else cost.assumed_size,
        constants=tuple(size for size in constants if size is not None),
        variables=tuple(value.name.value for value in values if isinstance(value, VariableNode)),
    )


def _constant(value: ValueNode) -> object:
    """Returns the value of a literal. The items of a list, which may contain variables, are not needed."""
    if isinstance(value, ListValueNode):
        return value.values
    return value_from_ast_untyped(value)


def _conditions(node: SelectionNode, around: Conditions) -> Conditions | None:
    """Returns the conditions under which the selection is in the result; None if it never is."""
    found = set(around)
    for directive in node.directives or ():
        if directive.name.value not in ("skip", "include") or not directive.arguments:
            continue
        required, value = directive.name.value == "include", directive.arguments[0].value
        if isinstance(value, VariableNode):
            found.add(Condition(value.name.value, required))
        elif value_from_ast_untyped(value) is not required:
            return None
    return tuple(sorted(found))
