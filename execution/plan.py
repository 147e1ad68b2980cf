"""The compiled form of an operation: for every selection and concrete type, its fields in the order of the response."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from graphql import FieldNode, GraphQLAbstractType, GraphQLError, GraphQLField, GraphQLObjectType
from graphql.execution.collect_fields import FieldDetailsList

from execution.compilation import Compilation
from execution.leaves import LeafSerializer
from execution.positions import Step
from execution.resolvers import Resolver

Row = dict[str, Any]


@dataclass(frozen=True, eq=False, slots=True)
class LeafPlan:
    """A scalar or an enum."""

    serializer: LeafSerializer
    non_null: bool
    is_shareable = True


@dataclass(frozen=True, eq=False, slots=True)
class ListPlan:
    item: "ValuePlan"
    non_null: bool

    @property
    def is_shareable(self) -> bool:
        """Whether a list that is the value of several objects can be completed once for all of them."""
        return self.item.is_shareable


@dataclass(frozen=True, eq=False, slots=True)
class ObjectPlan:
    type: GraphQLObjectType
    selection: "Selection"
    non_null: bool

    @property
    def is_shareable(self) -> bool:
        return isinstance(self.selection, SelectionPlan) and self.selection.is_shareable


@dataclass(frozen=True, eq=False, slots=True)
class AbstractPlan:
    """An interface or a union. The selection of each concrete type is compiled when the first such object occurs."""

    type: GraphQLAbstractType
    selection_of: Callable[[GraphQLObjectType], "Compilation[Selection]"]
    non_null: bool
    is_shareable = False


ValuePlan = LeafPlan | ListPlan | ObjectPlan | AbstractPlan


@dataclass(frozen=True, eq=False, slots=True)
class FieldPlan:
    """One field of a selection."""

    key: str
    step: Step
    """The step from an object to the field's value. Its rank is the field's place in the response."""

    definition: GraphQLField
    parent_type: GraphQLObjectType
    nodes: list[FieldNode]
    details: FieldDetailsList
    """The nodes as graphql-core collects them."""

    value: ValuePlan
    resolver: Resolver
    constant_arguments: Mapping[str, Any] | None
    """The arguments if they do not use variables."""

    constant_python_arguments: Mapping[str, Any] | None
    """The same, as strawberry passes them to Python functions."""


@dataclass(frozen=True, eq=False, slots=True)
class SelectionPlan:
    """The fields that are selected on a concrete type."""

    type: GraphQLObjectType
    fields: Sequence[FieldPlan]
    rows: Callable[..., list[Row | None]]
    """Makes the rows of all objects from the columns of their fields."""

    non_null_fields: Sequence[int]
    is_shareable: bool
    """Whether the resolvers do not depend on the path of an object."""


Selection = SelectionPlan | GraphQLError
"""A selection that cannot be compiled, because a variable of its @skip or @include is null, is an error of each object
that it is selected on."""
