"""The compiled form of an operation: for every selection and concrete type, its fields in the order of the response."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from graphql import FieldNode, GraphQLAbstractType, GraphQLError, GraphQLField, GraphQLObjectType
from graphql.execution.collect_fields import FieldDetailsList

from execution.leaves import LeafSerializer
from execution.resolvers import Resolver

Row = dict[str, Any]


@dataclass(frozen=True, eq=False, slots=True)
class LeafPlan:
    """A scalar or an enum."""

    serializer: LeafSerializer
    non_null: bool


@dataclass(frozen=True, eq=False, slots=True)
class ListPlan:
    item: "ValuePlan"
    non_null: bool


@dataclass(frozen=True, eq=False, slots=True)
class ObjectPlan:
    type: GraphQLObjectType
    selection: "Selection"
    non_null: bool


@dataclass(frozen=True, eq=False, slots=True)
class AbstractPlan:
    """An interface or a union. The selection of each concrete type is compiled when the first such object occurs."""

    type: GraphQLAbstractType
    selection_of: Callable[[GraphQLObjectType], "Selection"]
    non_null: bool


ValuePlan = LeafPlan | ListPlan | ObjectPlan | AbstractPlan


@dataclass(frozen=True, eq=False, slots=True)
class FieldPlan:
    """One field of a selection. `rank` is its place in the response."""

    key: str
    rank: int
    definition: GraphQLField
    parent_type: GraphQLObjectType
    nodes: list[FieldNode]
    details: FieldDetailsList
    """The nodes as graphql-core collects them."""

    value: ValuePlan
    resolver: Resolver
    constant_arguments: Mapping[str, Any] | None
    """The arguments if they do not use variables."""


@dataclass(frozen=True, eq=False, slots=True)
class SelectionPlan:
    """The fields that are selected on a concrete type."""

    type: GraphQLObjectType
    fields: Sequence[FieldPlan]
    row: Callable[..., Row]
    """Makes the row of one object from the values of its fields."""

    non_null_fields: Sequence[int]


Selection = SelectionPlan | GraphQLError
"""A selection that cannot be compiled, because a variable of its @skip or @include is null, is an error of each object
that it is selected on."""
