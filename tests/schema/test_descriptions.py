"""The schema is the manual: everything in it says what it is."""

from collections.abc import Iterator

from graphql import GraphQLEnumType, GraphQLInputObjectType, GraphQLNamedType, GraphQLObjectType

from tests.schema.documents import SCHEMA

OF_GRAPHQL = ("__", "Int", "Float", "String", "Boolean", "ID", "DateTime", "_")


def _described(type_: GraphQLNamedType) -> Iterator[tuple[str, str | None]]:
    """The type and everything in it, each with its description."""
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


def test_everything_is_described() -> None:
    assert [name for name, description in ALL if not (description or "").strip()] == []


def test_descriptions_are_sentences_and_not_the_name_again() -> None:
    assert len(ALL) > 300
    assert [name for name, description in ALL if (description or "").lower() == name.lower().split(".")[-1]] == []
