"""The schema contains everything in contract.graphql, with the same names and types."""

from pathlib import Path

from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLUnionType,
    build_schema,
)

from tests.schema.documents import SCHEMA

CONTRACT = build_schema((Path(__file__).parent / "contract.graphql").read_text(), assume_valid=True)


def _parts(type_: GraphQLNamedType) -> dict[str, str]:
    """Yields the path and the type of each part of the type."""
    promised = {type_.name: type(type_).__name__}
    if isinstance(type_, GraphQLEnumType):
        promised |= {f"{type_.name}.{value}": "value" for value in type_.values}
    elif isinstance(type_, GraphQLUnionType):
        promised |= {f"{type_.name} | {member.name}": "member" for member in type_.types}
    elif isinstance(type_, GraphQLInputObjectType):
        promised |= {f"{type_.name}.{name}": str(field.type) for name, field in type_.fields.items()}
    elif isinstance(type_, GraphQLObjectType):
        for name, field in type_.fields.items():
            promised[f"{type_.name}.{name}"] = str(field.type)
            promised |= {
                f"{type_.name}.{name}({argument}:)": str(described.type) for argument, described in field.args.items()
            }
    return promised


PROMISED = {
    path: what
    for name, type_ in CONTRACT.type_map.items()
    if not name.startswith("__")
    for path, what in _parts(type_).items()
}
KEPT = {path: what for type_ in SCHEMA.type_map.values() for path, what in _parts(type_).items()}


def test_the_schema_contains_the_contract() -> None:
    assert len(PROMISED) > 400
    broken = {path: (what, KEPT.get(path)) for path, what in PROMISED.items() if not _is_kept(path, what)}
    assert broken == {}


def test_additions_to_the_contract_are_optional() -> None:
    """A required argument or input field that the contract does not have would break its clients."""
    extra = {
        path: what
        for path, what in KEPT.items()
        if path not in PROMISED and what.endswith("!") and _is_required(path) and _parent(path) in PROMISED
    }
    assert extra == {}


def _is_kept(path: str, what: str) -> bool:
    """An input may be less strict than in the contract. An output has exactly its type."""
    given_by_clients = "(" in path or isinstance(SCHEMA.type_map.get(path.partition(".")[0]), GraphQLInputObjectType)
    return KEPT.get(path) == what or (given_by_clients and KEPT.get(path) == what.removesuffix("!"))


def _is_required(path: str) -> bool:
    """Returns whether the client must provide this argument or input field."""
    type_name, _, rest = path.partition(".")
    type_ = SCHEMA.type_map[type_name]
    if isinstance(type_, GraphQLInputObjectType):
        return type_.fields[rest].default_value is None
    return "(" in rest


def _parent(path: str) -> str:
    return path.partition("(")[0] if "(" in path else path.partition(".")[0]
