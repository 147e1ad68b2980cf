"""What the directives @cost and @listSize say about each field of a schema. They are also printed into its SDL."""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from graphql import (
    GraphQLField,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLOutputType,
    GraphQLSchema,
    SchemaMetaFieldDef,
    TypeMetaFieldDef,
    TypeNameMetaFieldDef,
    get_named_type,
    get_nullable_type,
    is_abstract_type,
    is_list_type,
    is_object_type,
)
from strawberry.federation.schema_directives import Cost, ListSize
from strawberry.types.field import StrawberryField

INTROSPECTED_ITEMS = 5
"""The assumed size of a list of introspection, except that of all types."""

LIST_ARGUMENTS = {"_entities": "representations"}
"""Fields of federation that return one object for each item of an argument."""

META_FIELDS = {"__schema": SchemaMetaFieldDef, "__type": TypeMetaFieldDef, "__typename": TypeNameMetaFieldDef}


class FieldCost(NamedTuple):
    weight: int
    """The cost of the value without its fields; of each item if it is a list."""

    is_list: bool
    types: tuple[GraphQLObjectType, ...]
    """The types that an object can have. Empty for scalars and enums."""

    assumed_size: int | None
    slicing_arguments: tuple[str, ...]
    """The arguments whose value is the size. The assumed size applies if none is given."""

    sized_fields: frozenset[str]
    """The fields of the object whose lists have this size, instead of the field itself."""

    list_argument: str | None


class FieldCosts:
    """The costs of a schema's fields. Raises ValueError for lists of objects without @listSize."""

    def __init__(self, schema: GraphQLSchema) -> None:
        self._schema = schema
        self._costs = {
            (type_.name, name): self._cost_of(type_, name, field)
            for type_ in schema.type_map.values()
            if isinstance(type_, GraphQLObjectType | GraphQLInterfaceType)
            for name, field in (*type_.fields.items(), *META_FIELDS.items())
        }
        if unsized := sorted(self._unsized_lists()):
            raise ValueError(f"These lists need @listSize (schema/costs.py): {', '.join(unsized)}")

    def of(self, type_: GraphQLObjectType, name: str) -> FieldCost:
        return self._costs[type_.name, name]

    def _cost_of(self, type_: GraphQLObjectType | GraphQLInterfaceType, name: str, field: GraphQLField) -> FieldCost:
        types = self._types_of(field.type)
        directives = _directives_of(field)
        cost = next((each for each in directives if isinstance(each, Cost)), None)
        size = next((each for each in directives if isinstance(each, ListSize)), None)
        return FieldCost(
            weight=cost.weight if cost is not None else 1 if types else 0,
            is_list=_is_list(field),
            types=types,
            assumed_size=(size.assumed_size or None)
            if size is not None
            else self._introspected_size(type_, name, field),
            slicing_arguments=tuple((size.slicing_arguments or ()) if size is not None else ()),
            sized_fields=frozenset((size.sized_fields or ()) if size is not None else ()),
            list_argument=LIST_ARGUMENTS.get(name),
        )

    def _types_of(self, type_: GraphQLOutputType) -> tuple[GraphQLObjectType, ...]:
        named = get_named_type(type_)
        if is_abstract_type(named):
            return tuple(self._schema.get_possible_types(named))
        return (named,) if is_object_type(named) else ()

    def _introspected_size(
        self, type_: GraphQLObjectType | GraphQLInterfaceType, name: str, field: GraphQLField
    ) -> int | None:
        if not type_.name.startswith("__") or not _is_list(field):
            return None
        return len(self._schema.type_map) if name == "types" else INTROSPECTED_ITEMS

    def _unsized_lists(self) -> Iterator[str]:
        sized = {
            (type_.name, name) for cost in self._costs.values() for type_ in cost.types for name in cost.sized_fields
        }
        for (type_name, name), cost in self._costs.items():
            is_sized = cost.assumed_size is not None or cost.list_argument is not None
            if cost.is_list and cost.types and not is_sized and (type_name, name) not in sized:
                yield f"{type_name}.{name}"


def _is_list(field: GraphQLField) -> bool:
    return is_list_type(get_nullable_type(field.type))


def _directives_of(field: GraphQLField) -> list[object]:
    definition: Mapping[str, object] = field.extensions or {}
    declared = definition.get("strawberry-definition")
    return list(declared.directives) if isinstance(declared, StrawberryField) else []
