"""Compiling an operation into a plan."""

from collections.abc import Callable, Mapping, Sequence
from enum import Enum
from functools import cache
from threading import get_ident
from types import NoneType
from typing import TYPE_CHECKING, Any, cast

from graphql import (
    FieldNode,
    GraphQLError,
    GraphQLField,
    GraphQLLeafType,
    GraphQLObjectType,
    GraphQLOutputType,
    InlineFragmentNode,
    OperationType,
    SelectionSetNode,
    VariableNode,
    Visitor,
    is_abstract_type,
    is_leaf_type,
    is_list_type,
    is_non_null_type,
    visit,
)
from graphql.execution.collect_fields import FieldDetailsList, GroupedFieldSet, collect_fields, collect_subfields
from graphql.execution.values import VariableValues, get_argument_values
from strawberry.types.arguments import convert_arguments
from strawberry.types.field import StrawberryField

from execution.compilation import Compilation, Steps
from execution.leaves import LeafSerializer
from execution.plan import (
    AbstractPlan,
    FieldPlan,
    LeafPlan,
    ListPlan,
    ObjectPlan,
    Row,
    Selection,
    SelectionPlan,
    ValuePlan,
)
from execution.positions import Step
from execution.resolvers import Constant, Resolver, Standard, resolver_of

if TYPE_CHECKING:
    from execution.executor import BreadthFirstExecutor

TYPENAME = "__typename"
_IMMUTABLE = (str, int, float, NoneType, Enum)

FIELDS = 10_000
"""The maximum number of fields of a plan. Fragments that spread others several times can select millions."""


GENERATED_KEYS = 100
"""The maximum number of keys of a row that is made by generated code."""


OnGrowth = Callable[[int], None]
"""Receives the number of fields by which plans have grown, or -1 times the number by which they have shrunk."""


class PlanSize:
    """Counts the fields of a plan. Selections of abstract types are compiled, and counted, when they are needed."""

    def __init__(self, on_growth: OnGrowth) -> None:
        self.on_growth: OnGrowth | None = on_growth
        self.reported = 0
        """The number of fields that `on_growth` has received."""

        self._fields = 0

    def add(self, fields: int) -> None:
        """Raises GraphQLError if the plan has more than FIELDS."""
        if self._fields + fields > FIELDS:
            raise GraphQLError(f"The operation selects more than {FIELDS:,} fields, counted in all of its fragments.")
        self._fields += fields

    def report(self) -> None:
        """Reports the fields that were added since the last report."""
        if self.on_growth is not None:
            self.on_growth(self._fields - self.reported)
            self.reported = self._fields


class Compiler:
    """Compiles an operation for certain values of the variables in its @skip and @include.

    A plan outlives the execution that it is compiled for, and compiles the selections of abstract types later. So this
    keeps neither the executor, which holds the context of its request, nor the values of other variables.
    """

    def __init__(self, executor: "BreadthFirstExecutor", conditions: Sequence[str], size: PlanSize) -> None:
        """`conditions` are the names of the variables in @skip and @include."""
        self._size = size
        self._schema = executor.schema
        self._operation = executor.operation
        self._fragments = executor.fragments
        self._variable_values = _only(conditions, executor.variable_values)
        self._hide_suggestions = executor.hide_suggestions
        self._field_resolver = executor.field_resolver
        self._encoded_types = executor.encoded_types
        self._check_arguments = executor.check_arguments

    def compile(self) -> Steps[SelectionPlan | None]:
        """Returns the plan; None if graphql-core executes the operation, because it selects introspection fields of the
        root or the schema has no root type for it. Raises GraphQLError."""
        root_type = self._schema.get_root_type(self._operation.operation)
        if root_type is None:
            return None
        collected = collect_fields(
            self._schema,
            self._fragments,
            self._variable_values,
            root_type,
            self._operation,
            self._hide_suggestions,
        )
        names = {details[0].node.name.value for details in collected.grouped_field_set.values()}
        if names & {"__schema", "__type"}:
            return None
        is_event = self._operation.operation == OperationType.SUBSCRIPTION
        plan = yield from self._selection(root_type, collected.grouped_field_set, is_event)
        self._size.report()
        return plan

    def _selection(
        self, type_: GraphQLObjectType, fields: GroupedFieldSet, is_event: bool = False
    ) -> Steps[SelectionPlan]:
        self._size.add(len(fields))
        plans: list[FieldPlan] = []
        for key, details in fields.items():
            definition = self._schema.get_field(type_, details[0].node.name.value)
            if definition is not None:
                plans.append((yield from self._field(key, len(plans), type_, definition, details, is_event)))
                yield
        non_null = [plan.step.rank for plan in plans if plan.value.non_null]
        return SelectionPlan(type_, plans, _row_maker([plan.key for plan in plans]), non_null, _is_shareable(plans))

    def _field(
        self,
        key: str,
        rank: int,
        parent_type: GraphQLObjectType,
        definition: GraphQLField,
        details: FieldDetailsList,
        is_event: bool,
    ) -> Steps[FieldPlan]:
        nodes = [detail.node for detail in details]
        value = yield from self._value(definition.type, details)
        constants = self._constant_arguments(definition, nodes[0])
        return FieldPlan(
            key=key,
            step=Step(key, rank, value.non_null),
            definition=definition,
            parent_type=parent_type,
            nodes=nodes,
            details=details,
            value=value,
            resolver=self._resolver(parent_type, definition, nodes[0], is_event),
            constant_arguments=constants,
            constant_python_arguments=self._python_arguments(definition, constants),
        )

    def _resolver(
        self, parent_type: GraphQLObjectType, definition: GraphQLField, node: FieldNode, is_event: bool
    ) -> Resolver:
        if node.name.value == TYPENAME:
            return Constant(parent_type.name)
        return resolver_of(definition, self._field_resolver, is_event)

    def _value(self, type_: GraphQLOutputType, details: FieldDetailsList) -> Steps[ValuePlan]:
        non_null = is_non_null_type(type_)
        named = type_.of_type if is_non_null_type(type_) else type_
        if is_list_type(named):
            return ListPlan((yield from self._value(named.of_type, details)), non_null)
        if is_leaf_type(named):
            return LeafPlan(_serializer(named, self._encoded_types.get(named.name)), non_null)
        if is_abstract_type(named):
            return AbstractPlan(named, self._selection_by_type(details), non_null)
        object_type = cast("GraphQLObjectType", named)
        return ObjectPlan(object_type, (yield from self._subselection(object_type, details)), non_null)

    def _selection_by_type(self, details: FieldDetailsList) -> Callable[[GraphQLObjectType], Compilation[Selection]]:
        """Returns a function that returns the compilation of a concrete type's selection."""
        compilations: dict[tuple[int, GraphQLObjectType], Compilation[Selection]] = {}

        def selection_of(type_: GraphQLObjectType) -> Compilation[Selection]:
            # Another thread may be compiling the same selection.
            key = (get_ident(), type_)
            if key not in compilations:
                compilations[key] = Compilation(self._late_selection(type_, details))
            return compilations[key]

        return selection_of

    def _late_selection(self, type_: GraphQLObjectType, details: FieldDetailsList) -> Steps[Selection]:
        try:
            selection = yield from self._subselection(type_, details)
        except GraphQLError as error:
            return error.with_traceback(None)
        self._size.report()
        return selection

    def _subselection(self, type_: GraphQLObjectType, details: FieldDetailsList) -> Steps[Selection]:
        try:
            collected = collect_subfields(
                self._schema,
                self._fragments,
                self._variable_values,
                self._operation,
                type_,
                details,
                self._hide_suggestions,
            )
        except GraphQLError as error:
            # The traceback would keep the executor.
            return error.with_traceback(None)
        return (yield from self._selection(type_, collected.grouped_field_set))

    def _constant_arguments(self, definition: GraphQLField, node: FieldNode) -> Mapping[str, Any] | None:
        if not definition.args and not node.arguments:
            return {}
        if _variables_in(node.arguments or ()):
            return None
        try:
            arguments = get_argument_values(definition, node, self._variable_values)
        except Exception:
            # Coercing the arguments again during execution raises the same error, which is then reported with its path.
            return None
        # Executions share the constants, so values that a resolver could change are made anew for each execution.
        return arguments if all(isinstance(value, _IMMUTABLE) for value in arguments.values()) else None

    def _python_arguments(
        self, definition: GraphQLField, constants: Mapping[str, Any] | None
    ) -> Mapping[str, Any] | None:
        field = definition.extensions.get("strawberry-definition")
        if constants is None or not isinstance(field, StrawberryField):
            return None
        schema = self._schema._strawberry_schema  # type: ignore[attr-defined]
        registry = schema.schema_converter.scalar_registry
        try:
            converted = convert_arguments(dict(constants), field.arguments, registry, schema.config)
            self._check_arguments(field, converted)
            return converted
        except Exception:
            # Converting them again during execution raises the same error, which is then reported with its path.
            return None


def condition_variables(executor: "BreadthFirstExecutor") -> tuple[str, ...]:
    """Returns the variables that the operation's @skip and @include use."""
    found: dict[str, None] = {}
    selection_sets: list[SelectionSetNode] = [
        node.selection_set for node in (executor.operation, *executor.fragment_definitions.values())
    ]
    while selection_sets:
        for node in selection_sets.pop().selections:
            for directive in node.directives or ():
                if directive.name.value in ("skip", "include"):
                    found.update(dict.fromkeys(_variables_in(directive.arguments or ())))
            if isinstance(node, FieldNode | InlineFragmentNode) and node.selection_set is not None:
                selection_sets.append(node.selection_set)
    return tuple(found)


def _only(names: Sequence[str], values: VariableValues) -> VariableValues:
    return VariableValues(
        {name: values.sources[name] for name in names if name in values.sources},
        {name: values.coerced[name] for name in names if name in values.coerced},
    )


def _variables_in(nodes: Sequence[Any]) -> list[str]:
    found: list[str] = []

    class Variables(Visitor):
        def enter_variable(self, node: VariableNode, *_: Any) -> None:
            found.append(node.name.value)

    for node in nodes:
        visit(node, Variables())
    return found


def _is_shareable(plans: Sequence[FieldPlan]) -> bool:
    return all(not isinstance(plan.resolver, Standard) and plan.value.is_shareable for plan in plans)


@cache
def _serializer(type_: GraphQLLeafType, encoded: type | None) -> LeafSerializer:
    return LeafSerializer(type_, encoded)


def _row_maker(keys: Sequence[str]) -> Callable[..., list[Row | None]]:
    """Returns a function that makes the rows of a level from the columns of its fields. Generated code makes each
    dictionary in one expression, several times as fast as `dict(zip(keys, values))`, but compiling it takes longer than
    it saves if there are hundreds of keys. Keys are GraphQL names, which consist of letters, digits and underscores."""
    assert all(key.isidentifier() and key.isascii() for key in keys)
    if not keys:
        return list
    if len(keys) > GENERATED_KEYS:
        return lambda *columns: [dict(zip(keys, values, strict=True)) for values in zip(*columns, strict=True)]
    columns = ", ".join(f"c{index}" for index in range(len(keys)))
    values = ", ".join(f"v{index}" for index in range(len(keys)))
    items = ", ".join(f"{key!r}: v{index}" for index, key in enumerate(keys))
    rows = f"zip({columns})" if len(keys) > 1 else columns
    maker: Callable[..., list[Row | None]] = eval(f"lambda {columns}: [{{{items}}} for {values} in {rows}]")  # noqa: S307
    return maker
