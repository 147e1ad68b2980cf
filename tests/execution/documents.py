"""Hypothesis strategies for documents that are valid in a schema, with values for their variables.

Every document passes validation. What goes wrong goes wrong while it is executed: a variable has a wrong value, a
nullable variable with a default is null where null is not allowed, a resolver raises.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from zlib import crc32

from graphql import (
    GraphQLArgument,
    GraphQLEnumType,
    GraphQLField,
    GraphQLInputField,
    GraphQLInputObjectType,
    GraphQLInputType,
    GraphQLInterfaceType,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLSchema,
    GraphQLUnionType,
    OperationType,
    get_named_type,
    is_composite_type,
    is_list_type,
    is_non_null_type,
)
from graphql.pyutils import Undefined
from graphql.utilities.type_comparators import do_types_overlap
from hypothesis import strategies as st

CompositeType = GraphQLObjectType | GraphQLInterfaceType | GraphQLUnionType

BUILT_IN_VALUES: Mapping[str, Sequence[Any]] = {
    "Int": [0, 1, 2, 3, 4, 5, 7, 12, -1, 2**31 - 1],
    "Float": [0, 0.5, -2, 1e10],
    "String": ["", "text", "raise", 'quo"ted', "naïve 🎈\n"],
    "Boolean": [True, False],
    "ID": ["a", "7", 8],
}
WRONG_VALUES: Sequence[Any] = [None, "wrong", 2**31, 1.5, [], {}, ["wrong", None], {"wrong": 1}, True]


@dataclass(frozen=True)
class Document:
    text: str
    variables: dict[str, Any]


@dataclass(frozen=True)
class Limits:
    depth: int = 4
    selections: int = 3
    """The number of selections in a selection set."""

    total: int = 16
    """The number of fields in a document. Beyond it, only leaves are selected."""


def documents(
    schema: GraphQLSchema,
    operation: OperationType = OperationType.QUERY,
    scalars: Mapping[str, Sequence[Any]] | None = None,
    limits: Limits | None = None,
) -> st.SearchStrategy[Document]:
    """Documents with one operation. `scalars` gives valid values of the schema's own scalars, as JSON."""

    @st.composite
    def generate(draw: st.DrawFn) -> Document:
        values = {**BUILT_IN_VALUES, **(scalars or {})}
        return _Generator(draw, schema, values, limits or Limits()).document(operation)

    return generate()


class _Generator:
    def __init__(
        self, draw: st.DrawFn, schema: GraphQLSchema, scalars: Mapping[str, Sequence[Any]], limits: Limits
    ) -> None:
        self._draw = draw
        self._schema = schema
        self._scalars = scalars
        self._limits = limits
        self._fields = 0
        self._ambiguous = _ambiguous_names(schema)
        self._fragments: list[tuple[str, CompositeType, str]] = []
        self._definitions: dict[str, str] = {}
        self._values: dict[str, Any] = {}
        self._declared: dict[str, list[str]] = {}

    def document(self, operation: OperationType) -> Document:
        root = self._schema.get_root_type(operation)
        assert root is not None
        if operation == OperationType.SUBSCRIPTION:
            name = self._choice(list(root.fields))
            # A subscription has one root field, without @skip and @include.
            selection = "{ " + self._field(root, name, root.fields[name], self._limits.depth, conditions="") + " }"
        else:
            selection = self._selection(root, self._limits.depth)
        definitions = ", ".join(f"${name}: {declared}" for name, declared in self._definitions.items())
        fragments = [f"fragment {name} on {type_.name} {body}" for name, type_, body in self._fragments]
        head = f"{operation.value} Generated" + (f"({definitions})" if definitions else "")
        return Document("\n".join([f"{head} {selection}", *fragments]), self._values)

    # ------------------------------------------------------------------ choices

    def _chance(self, percent: int) -> bool:
        return self._draw(st.integers(0, 99)) >= 100 - percent

    def _choice(self, choices: Sequence[Any]) -> Any:
        return choices[self._draw(st.integers(0, len(choices) - 1))]

    # ------------------------------------------------------------------ selections

    def _selection(self, type_: CompositeType, depth: int) -> str:
        parts = []
        for _ in range(self._draw(st.integers(1, self._limits.selections))):
            parts.append(self._selected(type_, depth))
            if self._chance(10):
                parts.append(self._choice(parts))
        return "{ " + " ".join(parts) + " }"

    def _selected(self, type_: CompositeType, depth: int) -> str:
        kind = self._draw(st.integers(0, 19))
        if kind >= 18:
            return self._inline_fragment(type_, depth)
        if kind == 17:
            return self._spread(type_, depth)
        if kind == 16 or isinstance(type_, GraphQLUnionType):
            if isinstance(type_, GraphQLUnionType) and kind < 14:
                return self._inline_fragment(type_, depth)
            alias = self._choice(["", "", "kind: "])
            return f"{alias}__typename{self._conditions()}"
        name = self._choice(self._selectable(type_, depth))
        return self._field(type_, name, type_.fields[name], depth)

    def _selectable(self, type_: GraphQLObjectType | GraphQLInterfaceType, depth: int) -> list[str]:
        names = list(type_.fields)
        if depth > 1 and self._fields < self._limits.total:
            # Objects first: that is where hypothesis shrinks to, and where there is something to execute.
            return sorted(names, key=lambda name: not is_composite_type(get_named_type(type_.fields[name].type)))
        return [name for name in names if not is_composite_type(get_named_type(type_.fields[name].type))] or names[:1]

    def _field(
        self,
        parent: GraphQLObjectType | GraphQLInterfaceType,
        name: str,
        field: GraphQLField,
        depth: int,
        conditions: str | None = None,
    ) -> str:
        self._fields += 1
        if conditions is None:
            conditions = self._conditions()
        arguments = self._arguments(field.args)
        selected = get_named_type(field.type)
        key = self._response_key(parent, name, arguments)
        text = f"{key}{name}{arguments}{conditions}"
        if isinstance(selected, GraphQLObjectType | GraphQLInterfaceType | GraphQLUnionType):
            text += " " + (self._selection(selected, depth - 1) if depth > 1 else "{ __typename }")
        return text

    def _response_key(self, parent: CompositeType, name: str, arguments: str) -> str:
        """Returns the field's alias, if any. Equal keys occur only for equal fields, so that these can be merged."""
        if arguments or name in self._ambiguous:
            return f"{parent.name}_{name}_{_digest(arguments)}: "
        alias: str = self._choice(["", "", "", f"{name}_b: ", f"a_{name}: "])
        return alias

    def _inline_fragment(self, type_: CompositeType, depth: int) -> str:
        if self._chance(20):
            return f"...{self._conditions()} {self._selection(type_, depth)}"
        on = self._overlapping(type_)
        return f"... on {on.name}{self._conditions()} {self._selection(on, depth)}"

    def _spread(self, type_: CompositeType, depth: int) -> str:
        usable = [name for name, on, _ in self._fragments if do_types_overlap(self._schema, on, type_) and depth > 1]
        if usable and self._chance(40):
            return f"...{self._choice(usable)}{self._conditions()}"
        on = self._overlapping(type_)
        body = self._selection(on, depth)
        name = f"F{len(self._fragments)}"
        self._fragments.append((name, on, body))
        return f"...{name}{self._conditions()}"

    def _overlapping(self, type_: CompositeType) -> Any:
        if isinstance(type_, GraphQLObjectType):
            types: list[GraphQLNamedType] = [type_, *type_.interfaces]
        else:
            types = [*self._schema.get_possible_types(type_)]
            if isinstance(type_, GraphQLInterfaceType):
                types.append(type_)
        return self._choice(types)

    def _conditions(self) -> str:
        kind = self._draw(st.integers(0, 29))
        if kind < 26:
            return ""
        text = ""
        for directive in [["@skip"], ["@include"], ["@include"], ["@skip", "@include"]][kind - 26]:
            if self._chance(50):
                usual = directive == "@include"
                condition = json.dumps(usual if self._chance(70) else not usual)
            else:
                condition = self._variable("Boolean!", self._choice([True, False]), self._choice([True, False]))
            text += f" {directive}(if: {condition})"
        return text

    # ------------------------------------------------------------------ arguments and variables

    def _arguments(self, arguments: Mapping[str, GraphQLArgument]) -> str:
        given = []
        for name, argument in arguments.items():
            if _is_required(argument) or self._chance(40):
                given.append(f"{name}: {self._argument(argument)}")
        return f"({', '.join(given)})" if given else ""

    def _argument(self, argument: GraphQLArgument | GraphQLInputField) -> str:
        if self._chance(35):
            value = self._json(argument.type)
            if self._chance(2):
                value = self._choice(WRONG_VALUES)
            return self._variable(str(argument.type), value, self._json(argument.type))
        return self._literal(argument.type)

    def _variable(self, type_: str, value: Any, default: Any) -> str:
        """Returns a variable of the type. If it has a default it is declared nullable, and may be null or missing."""
        declared = self._declared.setdefault(type_, [])
        if declared and self._chance(30):
            return f"${self._choice(declared)}"
        name = f"v{len(self._definitions)}"
        declared.append(name)
        # A literal default is not JSON for enums and input objects; those variables have none.
        is_enum = isinstance(self._schema.get_type(type_.strip("[]!")), GraphQLEnumType)
        has_default = isinstance(default, bool | int | float | str) and not is_enum and self._chance(50)
        nullable = type_.removesuffix("!")
        if has_default:
            self._definitions[name] = f"{nullable} = {json.dumps(default)}"
        else:
            self._definitions[name] = type_
        may_be_missing = has_default or not type_.endswith("!")
        kind = self._draw(st.integers(0, 9))
        if may_be_missing and kind == 8:
            return f"${name}"
        self._values[name] = None if may_be_missing and kind == 9 else value
        return f"${name}"

    def _json(self, type_: GraphQLInputType) -> Any:
        """Returns a value of the type as JSON."""
        if is_non_null_type(type_):
            return self._json_present(type_.of_type)
        return None if self._chance(10) else self._json_present(type_)

    def _json_present(self, type_: GraphQLInputType) -> Any:
        if is_non_null_type(type_):
            return self._json_present(type_.of_type)
        if is_list_type(type_):
            return [self._json(type_.of_type) for _ in range(self._draw(st.integers(0, 3)))]
        if isinstance(type_, GraphQLEnumType):
            return self._choice(list(type_.values))
        if isinstance(type_, GraphQLInputObjectType):
            value = self._json_present if _is_one_of(type_) else self._json
            return {name: value(field.type) for name, field in self._given_fields(type_)}
        return self._choice(self._scalars[type_.name])  # type: ignore[union-attr]

    def _literal(self, type_: GraphQLInputType) -> str:
        if is_non_null_type(type_):
            return self._literal_present(type_.of_type)
        return "null" if self._chance(10) else self._literal_present(type_)

    def _literal_present(self, type_: GraphQLInputType) -> str:
        if is_non_null_type(type_):
            return self._literal_present(type_.of_type)
        if is_list_type(type_):
            items = [self._literal(type_.of_type) for _ in range(self._draw(st.integers(0, 3)))]
            return items[0] if len(items) == 1 and items[0] != "null" else f"[{', '.join(items)}]"
        if isinstance(type_, GraphQLEnumType):
            return str(self._choice(list(type_.values)))
        if isinstance(type_, GraphQLInputObjectType):
            fields = [f"{name}: {self._field_literal(type_, field)}" for name, field in self._given_fields(type_)]
            return "{" + ", ".join(fields) + "}"
        return json.dumps(self._choice(self._scalars[type_.name]), ensure_ascii=False)  # type: ignore[union-attr]

    def _field_literal(self, type_: GraphQLInputObjectType, field: GraphQLInputField) -> str:
        if self._chance(20) and not _is_one_of(type_):
            return self._argument(field)
        return self._literal_present(field.type) if _is_one_of(type_) else self._literal(field.type)

    def _given_fields(self, type_: GraphQLInputObjectType) -> list[tuple[str, GraphQLInputField]]:
        fields = list(type_.fields.items())
        if _is_one_of(type_):
            return [self._choice(fields)]
        return [(name, field) for name, field in fields if _is_required(field) or self._chance(40)]


def _is_required(argument: GraphQLArgument | GraphQLInputField) -> bool:
    return is_non_null_type(argument.type) and argument.default_value is Undefined


def _is_one_of(type_: GraphQLInputObjectType) -> bool:
    definition = type_.extensions.get("strawberry-definition")
    return type_.is_one_of or bool(getattr(definition, "is_one_of", False))


def _ambiguous_names(schema: GraphQLSchema) -> set[str]:
    """Returns the names of fields that have different types in different object types."""
    types: dict[str, set[str]] = {}
    for type_ in schema.type_map.values():
        if isinstance(type_, GraphQLObjectType | GraphQLInterfaceType):
            for name, field in type_.fields.items():
                types.setdefault(name, set()).add(str(field.type))
    return {name for name, found in types.items() if len(found) > 1}


def _digest(text: str) -> str:
    return f"{crc32(text.encode()):x}"
