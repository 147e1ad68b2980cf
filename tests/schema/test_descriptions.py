"""Everything in the schema has a description."""

from collections.abc import Iterator

from graphql import GraphQLEnumType, GraphQLInputObjectType, GraphQLNamedType, GraphQLObjectType

from server.schema import schema
from tests.schema.documents import SCHEMA

OF_GRAPHQL = ("__", "Int", "Float", "String", "Boolean", "ID", "DateTime", "_")


def _described(type_: GraphQLNamedType) -> Iterator[tuple[str, str | None]]:
    """Yields the name and the description of the type and of each of its parts."""
    yield type_.name, type_.description
    if isinstance(type_, GraphQLEnumType):
        for name, value in type_.values.items():
            yield f"{type_.name}.{name}", value.description
    elif isinstance(type_, GraphQLInputObjectType):
        for name, input_field in type_.fields.items():
            yield f"{type_.name}.{name}", input_field.description
    elif isinstance(type_, GraphQLObjectType):
        for name, field in type_.fields.items():
            if name.startswith("_"):
                continue
            yield f"{type_.name}.{name}", field.description
            for argument, described in field.args.items():
                yield f"{type_.name}.{name}({argument}:)", described.description


ALL = [
    part for type_ in SCHEMA.type_map.values() if not type_.name.startswith(OF_GRAPHQL) for part in _described(type_)
]


def test_the_schema_itself_has_a_description() -> None:
    introspected = schema.execute_sync("{ __schema { description } }").data
    assert introspected == {"__schema": {"description": SCHEMA.description}}
    assert "The team chat" in (SCHEMA.description or "")


def test_everything_has_a_description() -> None:
    assert [name for name, description in ALL if not (description or "").strip()] == []


def test_no_description_repeats_the_name() -> None:
    assert len(ALL) > 300
    assert [name for name, description in ALL if (description or "").lower() == name.lower().split(".")[-1]] == []
