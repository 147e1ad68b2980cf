"""The cost of operations: how many objects they can return."""

import json
import time

import pytest
import strawberry
from graphql import OperationDefinitionNode, get_introspection_query, parse
from strawberry.federation.schema_directives import Cost, ListSize
from strawberry.types.unset import UNSET

from schema.costs import HISTORY_PAGE
from server.graphiql.examples import EXAMPLES, Example
from server.http.document_validation import INTROSPECTION_COST
from server.limits.cost_compiler import CostCompiler, TooManySelections
from server.limits.costs import OperationCost
from server.limits.settings import LimitSettings
from server.schema import schema as chat_schema
from tests.support.api import Json


def sized(size: int) -> ListSize:
    return ListSize(assumed_size=size, slicing_arguments=UNSET, sized_fields=UNSET)


@strawberry.type
class Small:
    name: str


@strawberry.type
class Large:
    @strawberry.field(directives=[sized(7)])  # type: ignore[untyped-decorator]
    def items(self) -> list[Small]:
        return []


@strawberry.type
class Edge:
    node: "Thing"


@strawberry.type
class Things:
    total: int
    nodes: list["Thing"]
    edges: list[Edge]


@strawberry.type
class Thing:
    name: str
    tags: list[str]

    @strawberry.field
    def thing(self) -> "Thing | None":
        return None

    @strawberry.field(directives=HISTORY_PAGE)  # type: ignore[untyped-decorator]
    def things(self, first: int | None = 50, last: int | None = None) -> Things | None:
        return None

    @strawberry.field
    def either(self) -> Small | Large | None:
        return None

    @strawberry.field(directives=[Cost(weight=30)])  # type: ignore[untyped-decorator]
    def search(self) -> Small | None:
        return None

    @strawberry.field(directives=[Cost(weight=4)])  # type: ignore[untyped-decorator]
    def counted(self) -> int:
        return 0


COSTS = CostCompiler(strawberry.Schema(Thing)._schema)
CHAT_COSTS = CostCompiler(chat_schema._schema)
STEPS = 30_000


def compiled(costs: CostCompiler, text: str) -> OperationCost:
    document = parse(text)
    operation = document.definitions[0]
    assert isinstance(operation, OperationDefinitionNode)
    return costs.compile(document, operation, STEPS)


def cost(text: str, **variables: object) -> int:
    return compiled(COSTS, text).total(variables)


@pytest.mark.parametrize(
    ("text", "total"),
    [
        ("{ __typename name tags }", 0),
        ("{ thing { thing { name } } }", 2),
        ("{ things { total } }", 1),
        ("{ things { nodes { name } } }", 51),
        ("{ things(first: 3) { nodes { name } } }", 4),
        ("{ things(last: 3) { nodes { thing { name } } } }", 7),
        ("{ things(first: 3, last: 5) { nodes { name } } }", 6),
        ("{ things(first: null) { nodes { name } } }", 51),
        ("{ things(first: -3) { nodes { name } } }", 1),
        ("{ things(first: 3) { nodes { name } edges { node { name } } } }", 10),
        ("{ things(first: 3) { nodes { things(first: 2) { nodes { name } } } } }", 13),
        ("{ either { ... on Small { name } } }", 1),
        ("{ either { ... on Small { name } ... on Large { items { name } } } }", 8),
        ("{ search { name } counted }", 34),
        ("{ a: thing { name } b: thing { name } }", 2),
        # Fields that are selected in several places are in the result once.
        ("{ thing { name } thing { tags } ...F } fragment F on Thing { thing { thing { name } } }", 2),
        ("{ ... on Thing { thing { name } } ... { thing { name } } }", 1),
        ("{ thing @skip(if: true) { name } }", 0),
        ("{ thing @include(if: false) { name } ... @skip(if: false) { thing { name } } }", 1),
    ],
)
def test_costs(text: str, total: int) -> None:
    assert cost(text) == total


def test_the_values_of_variables_count() -> None:
    page = "query ($n: Int) { things(first: $n) { nodes { name } } }"
    assert [cost(page, n=n) for n in (0, 1, 100, None, "7", True, [1], 100.0)] == [1, 2, 101, 51, 51, 51, 2, 101]
    assert cost(page) == 51
    defaulted = "query ($n: Int = 20) { things(first: $n) { nodes { name } } }"
    assert (cost(defaulted), cost(defaulted, n=5), cost(defaulted, n=None)) == (21, 6, 51)


def test_conditions_with_variables_count_as_they_are() -> None:
    either = "query ($a: Boolean!, $b: Boolean!) { thing @include(if: $a) { name } thing @skip(if: $b) { name } }"
    expected = {(True, True): 1, (True, False): 1, (False, False): 1, (False, True): 0}
    assert {pair: cost(either, a=pair[0], b=pair[1]) for pair in expected} == expected
    both = "query ($a: Boolean!) { ...F @include(if: $a) ...F @skip(if: $a) } fragment F on Thing { thing { name } }"
    assert (cost(both, a=True), cost(both, a=False)) == (1, 1)
    nested = """query ($a: Boolean!) {
      thing { name } ... @include(if: $a) { thing { things(first: 2) { nodes { name } } } }
    }"""
    assert (cost(nested, a=True), cost(nested, a=False)) == (4, 1)


def test_a_list_of_objects_needs_a_size() -> None:
    @strawberry.type
    class Query:
        sized: list[Small] = strawberry.field(directives=[sized(1)])
        unsized: list[Small | None] | None

    with pytest.raises(ValueError, match=r": Query\.unsized$"):
        CostCompiler(strawberry.Schema(Query)._schema)


def test_entities_cost_as_much_as_their_representations() -> None:
    variable = (
        "query ($r: [_Any!]!) { _entities(representations: $r) { ... on ChatChannel { id lastMessage { id } } } }"
    )
    assert compiled(CHAT_COSTS, variable).total({"r": [{}] * 30}) == 60
    literal = "{ _entities(representations: [{}, {}, {}]) { __typename } }"
    assert compiled(CHAT_COSTS, literal).total(None) == 3


def test_fragments_that_are_spread_often_are_compiled_once() -> None:
    levels = " ".join(
        f"fragment F{n} on Thing {{ thing {{ ...F{n + 1} }} things(first: $n) {{ nodes {{ ...F{n + 1} }} }} }}"
        for n in range(60)
    )
    text = f"query ($n: Int) {{ ...F0 }} {levels} fragment F60 on Thing {{ name }}"
    begun = time.thread_time()
    operation = compiled(COSTS, text)
    assert operation.total({"n": 10}) > 10**60
    assert time.thread_time() - begun < 0.1


def test_a_document_that_takes_too_long_to_compile_is_refused() -> None:
    """Each alias merges another set of fragments, so hardly one is compiled twice in the same way."""
    names = range(14)
    fragments = " ".join(
        f"fragment F{level}_{name} on Thing {{ {_aliases(level, name, names)} }}"
        for level in range(7)
        for name in names
    )
    leaves = " ".join(f"fragment F7_{name} on Thing {{ name }}" for name in names)
    text = f"{{ {' '.join(f'...F0_{name}' for name in names)} }} {fragments} {leaves}"
    begun = time.thread_time()
    with pytest.raises(TooManySelections):
        compiled(COSTS, text)
    assert time.thread_time() - begun < 0.5


def _aliases(level: int, name: int, names: range) -> str:
    return " ".join(f"a{other}: thing {{ ...F{level + 1}_{name} }}" for other in names if other != name)


def test_the_introspection_query_of_tools_is_far_below_the_limit() -> None:
    document = parse(get_introspection_query(directive_is_repeatable=True, input_value_deprecation=True))
    operation = document.definitions[0]
    assert isinstance(operation, OperationDefinitionNode)
    assert CHAT_COSTS.introspection(document, operation, STEPS) < 0.7 * INTROSPECTION_COST
    assert CHAT_COSTS.compile(document, operation, STEPS).is_empty


@pytest.mark.parametrize("example", EXAMPLES, ids=[example.name for example in EXAMPLES])
def test_the_examples_cost_little(example: Example) -> None:
    document = parse(example.query)
    variables: Json = json.loads(example.variables) if example.variables else {}
    for operation in document.definitions:
        if isinstance(operation, OperationDefinitionNode):
            total = CHAT_COSTS.compile(document, operation, STEPS).total(variables)
            assert total < LimitSettings().operation_cost / 50


def test_a_page_with_everything_that_a_front_end_shows_costs_little() -> None:
    text = """query ($id: ID!, $last: Int) { chatChannel(id: $id) { messages(last: $last) { nodes {
      id body author { name } replyTo { body author { name } } attachments { url } viewerCan { edit delete }
      cards { title entity { ... on Deal { card { stage } } } sharedBy { name } } mentions { agent { name } }
      reactions { emoji count agents(first: 3) { nodes { name } } } systemEvent { kind agents { name } }
    } } } }"""
    assert compiled(CHAT_COSTS, text).total({"last": 50}) < 6_000
    assert compiled(CHAT_COSTS, text).total({"last": 100}) < 12_000
