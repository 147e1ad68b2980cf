"""Requests that are built to exceed a limit, each with one that is just within it."""

from dataclasses import dataclass, field

from graphql import get_introspection_query

from tests.support.api import Json


@dataclass(frozen=True)
class Bomb:
    name: str
    fitting: str
    document: str
    code: str
    variables: Json = field(default_factory=dict)
    fitting_variables: Json = field(default_factory=dict)


def nested(depth: int) -> str:
    """Returns a document of this depth."""
    levels = ["lastMessage", "channel"] * depth
    return f'{{ chatChannel(id: "x") {{ {" { ".join(levels[: depth - 2])} {{ id {"} " * (depth - 2)} }} }}'


def aliases(count: int) -> str:
    return f"{{ {' '.join(f'a{number}: __typename' for number in range(count))} }}"


def doubling(levels: int) -> str:
    """Returns a document whose aliases double with each level."""
    fragments = " ".join(f"fragment F{n} on Query {{ ...F{n + 1} ...F{n + 1} }}" for n in range(levels))
    return f"{{ ...F0 }} {fragments} fragment F{levels} on Query {{ a: __typename }}"


def doubling_depth(levels: int) -> str:
    """Returns a document in which each message is selected twice, at each of these levels."""
    fragments = " ".join(
        f"fragment F{n} on ChatChannel {{ lastMessage {{ channel {{ ...F{n + 1} }} }}"
        f" firstUnreadMessage {{ channel {{ ...F{n + 1} }} }} }}"
        for n in range(levels)
    )
    return f'{{ chatChannel(id: "x") {{ ...F0 }} }} {fragments} fragment F{levels} on ChatChannel {{ id }}'


def repeated(count: int) -> str:
    return f"{{ {'chatViewer { chatEnabled } ' * count} }}"


def directives(count: int) -> str:
    return f"{{ {' '.join('... @include(if: true) { __typename }' for _ in range(count))} }}"


def introspection(count: int) -> str:
    query = get_introspection_query()
    selection = query[query.index("__schema") + len("__schema") : query.index("fragment FullType")].rstrip()[:-1]
    schemas = " ".join(f"s{number}: __schema {selection}" for number in range(count))
    return f"{{ {schemas} }} {query[query.index('fragment FullType') :]}"


PAGES = """query ($channels: Int, $members: Int) {
  chatChannels(first: $channels) { nodes { members(first: $members) { nodes { agent { name } } } } }
}"""
WAVE = """{ chatChannels(first: 100) { nodes { messages(last: %d) { nodes {
  reactions { emoji agents(first: %d) { nodes { id } } }
} } } } }"""
ENTITIES = """query ($references: [_Any!]!) {
  _entities(representations: $references) { ... on ChatChannel { members(first: 37) { nodes { joinedAt } } } }
}"""
REFERENCE = {"__typename": "ChatChannel", "id": f"chn_{0:032x}"}
UNION = """{ shareDestinations(first: 100) { nodes {
  ... on ChatAgent { id } ... on ChatChannel { members(first: %d) { nodes { agent { id } } } }
} } }"""

INVALID, COST = "GRAPHQL_VALIDATION_FAILED", "COST_EXCEEDED"
BOMBS = [
    Bomb("depth", nested(15), nested(16), INVALID),
    Bomb("depth of a long document", nested(15), nested(190), INVALID),
    Bomb("depth through fragments", doubling_depth(6), doubling_depth(60), INVALID),
    Bomb("aliases", aliases(50), aliases(51), INVALID),
    Bomb("thousands of aliases", aliases(50), aliases(3_000), INVALID),
    Bomb("aliases through fragments", doubling(5), doubling(400), INVALID),
    Bomb("repeated fields", repeated(51), repeated(1_900), INVALID),
    Bomb("directives", directives(50), directives(51), INVALID),
    Bomb("thousands of directives", directives(50), f"{{ __typename {'@include ' * 4_900} }}", INVALID),
    Bomb("tokens", f"{{ __typename }}{'#' * 9_000}", f"{{ {'a ' * 31_000} }}", "GRAPHQL_PARSE_FAILED"),
    Bomb("introspection", introspection(1), introspection(3), INVALID),
    Bomb("cost", PAGES, PAGES, COST, {"channels": 100, "members": 100}, {"channels": 99, "members": 100}),
    Bomb("cost of default pages", WAVE % (1, 2), WAVE.replace("(last: %d)", "").replace("(first: %d)", ""), COST),
    Bomb("a wave of 300,000 keys", WAVE % (1, 2), WAVE % (100, 100), COST),
    Bomb("cost of a union", UNION % 98, UNION % 100, COST),
    Bomb("entities", ENTITIES, ENTITIES, COST, {"references": [REFERENCE] * 520}, {"references": [REFERENCE] * 500}),
    Bomb("invalid page sizes", PAGES, PAGES, COST, {"channels": 10**9}, {"channels": 1}),
]
