"""schema.graphql and schema.client.graphql, which clients and reviewers read, are the schema of the code."""

from pathlib import Path

from graphql import GraphQLSchema, build_schema, parse, print_type, validate_schema
from graphql.language import DirectiveDefinitionNode, DirectiveNode, Visitor, visit

from server.client_schema import client_sdl
from server.schema import schema

ROOT = Path(__file__).parents[2]
OUTDATED = "run scripts/schema and review the difference"
CLIENT_SDL = (ROOT / "schema.client.graphql").read_text()


class UsedDirectives(Visitor):
    def __init__(self) -> None:
        super().__init__()
        self.names: set[str] = set()

    def enter_directive(self, node: DirectiveNode, *_: object) -> None:
        self.names.add(node.name.value)


def types_of(schema: GraphQLSchema) -> dict[str, str]:
    """Returns the printed types. graphql-core prints no directives that it does not know."""
    return {name: print_type(type_) for name, type_ in schema.type_map.items()}


def test_schema_file_is_up_to_date() -> None:
    assert (ROOT / "schema.graphql").read_text() == f"{schema.as_str()}\n", OUTDATED


def test_client_schema_file_is_up_to_date() -> None:
    assert f"{client_sdl(schema.as_str())}\n" == CLIENT_SDL, OUTDATED


def test_the_client_schema_is_complete_by_itself() -> None:
    """Strict tools accept it: `build_schema` checks that every type and directive is defined."""
    assert validate_schema(build_schema(CLIENT_SDL)) == []
    document = parse(CLIENT_SDL)
    used = UsedDirectives()
    visit(document, used)
    defined = {each.name.value for each in document.definitions if isinstance(each, DirectiveDefinitionNode)}
    assert "oneOf" in used.names
    assert used.names <= defined | {"deprecated", "specifiedBy"}


def test_the_client_schema_lacks_federation_and_nothing_else() -> None:
    client = types_of(build_schema(CLIENT_SDL))
    subgraph = types_of(build_schema(schema.as_str(), assume_valid_sdl=True))
    query = subgraph["Query"].replace(
        "  _entities(representations: [_Any!]!): [_Entity]!\n  _service: _Service!\n\n", ""
    )
    assert query != subgraph["Query"]
    assert client.keys() ^ subgraph.keys() <= {"_Any", "_Entity", "_Service", "link__Import", "link__Purpose"}
    assert client == {name: subgraph[name] for name in client} | {"Query": query}
