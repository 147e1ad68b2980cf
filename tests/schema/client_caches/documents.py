"""Pairs of queries that select different halves of the same objects. A cache that keeps both can answer both."""

from collections.abc import Iterator

from graphql import (
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLOutputType,
    GraphQLSchema,
    GraphQLUnionType,
    get_named_type,
    is_composite_type,
)

ANSWERED_BY_EDGES = {"nodes": 0, "edges": 1}
"""A connection has the same objects in two fields. Each half selects one of them, to keep the queries short."""


def halves(schema: GraphQLSchema, field: str, arguments: dict[str, str]) -> tuple[str, str]:
    """Returns the two queries for a root field, whose arguments have the types `arguments`."""
    assert schema.query_type is not None
    described = schema.query_type.fields[field]
    declared = ", ".join(f"${name}: {type_}" for name, type_ in arguments.items())
    given = ", ".join(f"{name}: ${name}" for name in arguments)
    call = f"{field}({given})" if arguments else field
    first, second = (
        f"query Half{half}{f'({declared})' if arguments else ''} {{ {call} {_selection(described.type, half, ())} }}"
        for half in range(2)
    )
    return first, second


def _selection(type_: GraphQLOutputType, half: int, above: tuple[str, ...]) -> str:
    named = get_named_type(type_)
    if isinstance(named, GraphQLUnionType):
        members = [f"... on {member.name} {_selection(member, half, above)}" for member in named.types]
        return f"{{ __typename {' '.join(members)} }}"
    assert isinstance(named, GraphQLObjectType)
    return f"{{ __typename {' '.join(_fields(named, half, (*above, named.name)))} }}"


def _fields(type_: GraphQLObjectType, half: int, above: tuple[str, ...]) -> Iterator[str]:
    """Yields every other field without a selection, and all fields that lead to types not yet on the path."""
    for place, (name, field) in enumerate(type_.fields.items()):
        if any(isinstance(argument.type, GraphQLNonNull) for argument in field.args.values()):
            continue
        below = get_named_type(field.type)
        # Aliased by type: members of a union may have fields of one name and different types.
        alias = f"{type_.name}_{name}"
        if name == "id":
            yield name
        elif not is_composite_type(below):
            if place % 2 == half:
                yield f"{alias}: {name}"
        elif below.name not in above and ANSWERED_BY_EDGES.get(name, half) == half:
            yield f"{alias}: {name} {_selection(below, half, above)}"
