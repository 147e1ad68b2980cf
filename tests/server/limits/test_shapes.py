"""How deep documents are nested, and how many aliases and directives they have."""

import time

import pytest
from graphql import get_introspection_query, parse

from server.limits.shapes import Shape, shape_of

LEVELS = 500
EXPONENTIAL = " ".join(f"fragment F{n} on Query {{ a: x ...F{n + 1} ...F{n + 1} }}" for n in range(LEVELS))


@pytest.mark.parametrize(
    ("document", "shape"),
    [
        ("{ a }", Shape(1, 0, 0)),
        ("{ a { b { c } } d { e } }", Shape(3, 0, 0)),
        ("{ a { ... { ... on T { b } } } }", Shape(2, 0, 0)),
        ("{ a { ...F } } fragment F on T { b { ...G } } fragment G on T { c { d } }", Shape(4, 0, 0)),
        ("query A { a } query B { a { b } }", Shape(2, 0, 0)),
        ("{ x: a y: b c }", Shape(1, 2, 0)),
        ("{ a a a b }", Shape(1, 2, 0)),
        ("{ a { c } b { c } }", Shape(2, 0, 0)),
        ("{ ...F ...F } fragment F on T { x: a }", Shape(1, 2, 0)),
        ("{ a } fragment Unused on T { x: a y: a z: a @d }", Shape(1, 3, 1)),
        ("query ($x: Int @a) @b { c @d ... @e { f } ...F @g } fragment F on T @h { i @j }", Shape(1, 0, 7)),
        ("{ a ...F } fragment F on T { b ...G } fragment G on T { c { d ...F } }", Shape(2, 0, 0)),
        ("{ ...Unknown a }", Shape(1, 0, 0)),
        ("{ a { b } __schema { c { d { e @x y: f } } } }", Shape(2, 1, 1)),
        ("type T { a: Int }", Shape(0, 0, 0)),
    ],
)
def test_shapes(document: str, shape: Shape) -> None:
    assert shape_of(parse(document)) == shape


def test_the_introspection_query_of_tools_is_not_deep() -> None:
    assert shape_of(parse(get_introspection_query(specified_by_url=True, input_value_deprecation=True))).depth <= 2


def test_fragments_are_measured_once() -> None:
    """Expanded, this document has more fields than there are atoms in the universe."""
    document = parse(f"{{ ...F0 }} {EXPONENTIAL} fragment F{LEVELS} on Query {{ b }}")
    begun = time.thread_time()
    assert shape_of(document).aliases == 2**LEVELS - 1
    assert time.thread_time() - begun < 0.1


def test_a_long_chain_of_fragments_does_not_exhaust_the_stack() -> None:
    chain = " ".join(f"fragment F{n} on T {{ a {{ ...F{n + 1} }} }}" for n in range(1_500))
    assert shape_of(parse(f"{{ ...F0 }} {chain} fragment F1500 on T {{ b }}")).depth == 1_501
