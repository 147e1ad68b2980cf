"""The places in the arguments and input fields of the schema that take a scalar, so that tests cover all of them."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInputType,
    GraphQLNamedType,
    GraphQLObjectType,
    get_named_type,
    is_list_type,
    is_non_null_type,
    is_required_input_field,
)

from tests.schema.documents import SCHEMA
from tests.support.api import Json

ITEM = '{ _entities(representations: [{__typename: "%s", id: "1"}]) { ... on %s { %%s } } }'
PARENTS = {
    "Query": "{ %s }",
    "Subscription": "subscription { %s }",
    "Mutation": "mutation { %s }",
    "ChatChannel": "{ chatChannel(id: $channel) { %s } }",
    "ChatMessage": "{ chatMessage(id: $message) { %s } }",
    "ChatReaction": "{ chatMessage(id: $message) { reactions { %s } } }",
}
SAMPLES = {"String": "x", "ID": "x", "Int": 1, "Boolean": True, "DateTime": "2026-11-27T12:00:00Z"}


@dataclass(frozen=True)
class Place:
    """A scalar in an argument of a field."""

    parent: str
    field: str
    argument: str
    type: GraphQLInputType
    path: tuple[str, ...]
    """The names of the input fields that lead from the argument to the scalar."""

    @property
    def name(self) -> str:
        return ".".join((self.parent, self.field, self.argument, *self.path))

    def value(self, scalar: object) -> Any:
        """Returns a value of the argument with the scalar at this place."""
        return _value(self.type, self.path, scalar)

    def document(self, names: Json, literal: str | None = None) -> str:
        """Returns a request for the field. The argument is the variable `$value`, or the literal."""
        if literal is not None:
            return self._document(names, f"{self.argument}: {literal}", "")
        return self._document(names, f"{self.argument}: $value", f"($value: {self.type})")

    def document_without(self, names: Json) -> str:
        """Returns a request for the field without the argument."""
        return self._document(names, "", "")

    def _document(self, names: Json, given: str, variables: str) -> str:
        field = SCHEMA.type_map[self.parent].fields[self.field]  # type: ignore[attr-defined]
        others = [
            f"{name}: {_literal(argument.type)}"
            for name, argument in field.args.items()
            if is_non_null_type(argument.type) and name != self.argument
        ]
        arguments = ", ".join(filter(None, [given, *others]))
        selection = _selection(get_named_type(field.type))
        selected = f"{self.field}{f'({arguments})' if arguments else ''} {{ {selection} }}"
        template = PARENTS.get(self.parent, ITEM % (self.parent, self.parent)) % selected
        for name, id in names.items():
            template = template.replace(f"${name}", f'"{id}"')
        kind, _, rest = template.partition("{")
        return f"{kind or 'query '}{variables} {{{rest}"

    def literal(self, scalar: str) -> str:
        """Returns a literal of the argument with the literal scalar at this place."""
        return _printed(self.type, self.value("$scalar")).replace('"$scalar"', scalar)


def _selection(type_: GraphQLNamedType) -> str:
    """Returns what shows the outcome: the errors of a payload, or how many nodes a page has."""
    names = getattr(type_, "fields", {}).keys()
    parts = {"userErrors": "userErrors { code message path }", "nodes": "nodes { __typename }"}
    return " ".join([*(part for name, part in parts.items() if name in names), "__typename"])


def _value(type_: GraphQLInputType, path: tuple[str, ...], scalar: object) -> Any:
    """Returns a value of the type, with the scalar at the path."""
    if is_non_null_type(type_):
        return _value(type_.of_type, path, scalar)
    if is_list_type(type_):
        return [_value(type_.of_type, path, scalar)]
    if not isinstance(type_, GraphQLInputObjectType):
        return scalar
    fields = {
        name: _sample(field.type)
        for name, field in type_.fields.items()
        if is_required_input_field(field) and name != path[0]
    }
    return fields | {path[0]: _value(type_.fields[path[0]].type, path[1:], scalar)}


def _sample(type_: GraphQLInputType) -> Any:
    named = get_named_type(type_)
    if is_list_type(type_) or (is_non_null_type(type_) and is_list_type(type_.of_type)):
        return []
    if isinstance(named, GraphQLEnumType):
        return next(iter(named.values))
    if isinstance(named, GraphQLInputObjectType):
        first = next(iter(named.fields))
        required = {name: _sample(field.type) for name, field in named.fields.items() if is_required_input_field(field)}
        return required or {first: _sample(named.fields[first].type)}
    return SAMPLES[named.name]


def _literal(type_: GraphQLInputType) -> str:
    named = get_named_type(type_)
    if isinstance(named, GraphQLInputObjectType):
        sample, enums = (
            _sample(type_),
            {n for n, f in named.fields.items() if isinstance(get_named_type(f.type), GraphQLEnumType)},
        )
        return "{" + ", ".join(f"{n}: {v}" if n in enums else f'{n}: "{v}"' for n, v in sample.items()) + "}"
    return f'"{_sample(type_)}"'


def _printed(type_: GraphQLInputType, value: Any) -> str:
    """Returns the value as a literal."""
    named: Any = get_named_type(type_)
    if isinstance(value, list):
        return f"[{', '.join(_printed(named, item) for item in value)}]"
    if isinstance(named, GraphQLInputObjectType):
        return f"{{{', '.join(f'{name}: {_printed(named.fields[name].type, item)}' for name, item in value.items())}}}"
    return str(value) if isinstance(named, GraphQLEnumType) else json.dumps(value)


def places(*scalars: str) -> Iterator[Place]:
    """Yields the places of these scalars in the arguments of all fields."""
    for type_ in SCHEMA.type_map.values():
        if isinstance(type_, GraphQLObjectType) and not type_.name.startswith("__"):
            for name, field in type_.fields.items():
                for argument, definition in field.args.items():
                    for path in _paths(definition.type, scalars):
                        yield Place(type_.name, name, argument, definition.type, path)


def _paths(type_: GraphQLInputType, scalars: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    named = get_named_type(type_)
    if isinstance(named, GraphQLInputObjectType):
        for name, field in named.fields.items():
            for path in _paths(field.type, scalars):
                yield (name, *path)
    elif named.name in scalars:
        yield ()
