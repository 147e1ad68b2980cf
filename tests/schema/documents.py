"""Requests for any root field, made from the schema so that no field is left out."""

from graphql import (
    GraphQLField,
    GraphQLObjectType,
    GraphQLOutputType,
    build_schema,
    get_named_type,
    is_composite_type,
)

from server.schema import schema
from tests.support.api import Json

SCHEMA = build_schema(schema.as_str(), assume_valid_sdl=True)


def _root(type_: GraphQLObjectType | None) -> dict[str, GraphQLField]:
    assert type_ is not None
    return dict(type_.fields)


QUERIES = _root(SCHEMA.query_type)
MUTATIONS = _root(SCHEMA.mutation_type)
SUBSCRIPTIONS = _root(SCHEMA.subscription_type)
ROOT_FIELDS = {**QUERIES, **MUTATIONS, **SUBSCRIPTIONS}


def document(field: str, variables: Json, selection: str | None = None) -> tuple[str, Json]:
    """Returns the document and the variables of a request for a root field. By default, it selects as little as shows
    the outcome."""
    described = ROOT_FIELDS[field]
    if field in MUTATIONS:
        variables = {"input": variables} if "input" in described.args else {}
        assert described.args.keys() == variables.keys()
    kind = "mutation" if field in MUTATIONS else "query" if field in QUERIES else "subscription"
    declared = ", ".join(f"${name}: {described.args[name].type}" for name in variables)
    given = ", ".join(f"{name}: ${name}" for name in variables)
    head = f"{kind} ({declared})" if variables else kind
    call = f"{field}({given})" if variables else field
    return f"{head} {{ {call} {_selection(described.type) if selection is None else f'{{ {selection} }}'} }}", variables


def _selection(type_: GraphQLOutputType) -> str:
    named = get_named_type(type_)
    if not isinstance(named, GraphQLObjectType):
        return "{ __typename }"
    if "nodes" in named.fields:
        return "{ nodes { __typename } }"
    if "userErrors" not in named.fields:
        return "{ __typename }"
    parts = [
        f"{name} {{ __typename }}" if is_composite_type(get_named_type(field.type)) else name
        for name, field in named.fields.items()
        if name != "userErrors"
    ]
    return f"{{ {' '.join(parts)} userErrors {{ code message path }} }}"


def outcome(field: str, body: Json) -> str:
    """Returns the outcome of a response as a word of the table. A refusal must have nothing in its payload."""
    if "errors" in body:
        (error,) = body["errors"]
        return f"!{error['extensions']['code']}"
    answer = body["data"][field]
    if answer is None or answer == [None]:
        return "null"
    if isinstance(answer, list):
        return "ok"
    if "nodes" in answer:
        return "ok" if answer["nodes"] else "empty"
    if answer.get("userErrors"):
        errors = answer.pop("userErrors")
        assert not any(answer.values()), answer
        (error,) = errors
        return str(error["code"])
    return "ok"
