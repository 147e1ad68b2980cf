"""For every document, breadth-first execution gives the results of graphql-core.

`scripts/test tests/execution` executes 2,000 documents. `EXECUTION_ROUNDS=10 scripts/test --long tests/execution`
executes as many rounds of 1,200 large ones. A round takes one to two minutes. `--long` alone executes one.
"""

import gc
import os
import warnings

import pytest
from graphql import OperationType, parse, specified_rules, validate
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from execution import BreadthFirstExecutor
from tests.execution.documents import Document, Limits, documents
from tests.execution.example_schema import REFERENCE, SCALAR_VALUES
from tests.execution.reference import assert_same, assert_same_events, run

ROUNDS = range(int(os.environ.get("EXECUTION_ROUNDS", "1")))
"""Several rounds, as hypothesis keeps what it has generated for a test in memory."""

LARGE = Limits(depth=6, selections=5, total=80)

# graphql-core drops the coroutines of fields that it does not need any more, because a value around them is null.
pytestmark = pytest.mark.filterwarnings("ignore:coroutine .* was never awaited:RuntimeWarning")


def examples(count: int) -> settings:
    # A failure prints the document and, as a @reproduce_failure decorator, what reproduces it.
    return settings(max_examples=count, deadline=None, print_blob=True, suppress_health_check=list(HealthCheck))


def of(operation: OperationType, limits: Limits | None = None) -> st.SearchStrategy[Document]:
    return documents(REFERENCE._schema, operation, SCALAR_VALUES, limits)


@examples(60)
@given(st.sampled_from(list(OperationType)).flatmap(of))
def test_generated_documents_are_valid(document: Document) -> None:
    assert validate(REFERENCE._schema, parse(document.text), specified_rules) == []


@pytest.mark.filterwarnings("default::RuntimeWarning")
@examples(300)
@given(of(OperationType.QUERY) | of(OperationType.MUTATION))
async def test_no_coroutine_is_left_unawaited(document: Document) -> None:
    with warnings.catch_warnings(record=True) as caught:
        await run(document, BreadthFirstExecutor)
        gc.collect(0)
    # Strawberry itself leaves these: the members of its unions cannot have an asynchronous is_type_of.
    assert [str(each.message) for each in caught if "Robot.is_type_of" not in str(each.message)] == []


@examples(1_400)
@given(of(OperationType.QUERY))
async def test_queries(document: Document) -> None:
    await assert_same(document)


@examples(300)
@given(of(OperationType.MUTATION))
async def test_mutations(document: Document) -> None:
    await assert_same(document)


@examples(300)
@given(of(OperationType.SUBSCRIPTION))
async def test_subscriptions(document: Document) -> None:
    await assert_same_events(document)


@pytest.mark.long
@pytest.mark.parametrize("round_", ROUNDS)
@examples(1_000)
@given(document=of(OperationType.QUERY, LARGE) | of(OperationType.MUTATION, LARGE))
async def test_large_documents(document: Document, round_: int) -> None:
    await assert_same(document)


@pytest.mark.long
@pytest.mark.parametrize("round_", ROUNDS)
@examples(200)
@given(document=of(OperationType.SUBSCRIPTION, LARGE))
async def test_large_subscriptions(document: Document, round_: int) -> None:
    await assert_same_events(document)
