"""Which media type a response has, for each Accept header."""

import httpx
import pytest
from graphql import OperationType

from server.http.media_types import EVENT_STREAM, GRAPHQL_RESPONSE, JSON, Accept
from tests.support.api import Account

URQL = (
    "application/graphql-response+json, application/graphql+json, application/json, text/event-stream, multipart/mixed"
)
"""What urql sends with every request."""


@pytest.mark.parametrize(
    ("header", "content_type"),
    [
        ("", JSON),
        ("*/*", JSON),
        (JSON, JSON),
        (GRAPHQL_RESPONSE, f"{GRAPHQL_RESPONSE}; charset=utf-8"),
        (GRAPHQL_RESPONSE.upper(), f"{GRAPHQL_RESPONSE}; charset=utf-8"),
        (f"{JSON}, {GRAPHQL_RESPONSE};q=0.5", f"{GRAPHQL_RESPONSE}; charset=utf-8"),
        (f"{JSON}, {GRAPHQL_RESPONSE};q=0", JSON),
        (f"{JSON}, {GRAPHQL_RESPONSE}; charset=utf-8; q=0.000", JSON),
        (f"{GRAPHQL_RESPONSE}; q=nonsense", f"{GRAPHQL_RESPONSE}; charset=utf-8"),
        (URQL, f"{GRAPHQL_RESPONSE}; charset=utf-8"),
    ],
)
def test_the_content_type_of_a_single_result(header: str, content_type: str) -> None:
    assert Accept.of(header).content_type == content_type


@pytest.mark.parametrize(
    ("header", "streamed"),
    [
        ("", set()),
        ("*/*", set()),
        (JSON, set()),
        (EVENT_STREAM, set(OperationType)),
        (f"{EVENT_STREAM}, {JSON}", {OperationType.SUBSCRIPTION}),
        (f"{EVENT_STREAM}, */*;q=0.1", {OperationType.SUBSCRIPTION}),
        (f"{EVENT_STREAM}, {JSON};q=0", set(OperationType)),
        (f"{EVENT_STREAM};q=0, {JSON}", set()),
        (URQL, {OperationType.SUBSCRIPTION}),
    ],
)
def test_which_operations_are_answered_with_an_event_stream(header: str, streamed: set[OperationType]) -> None:
    accept = Accept.of(header)
    assert {operation for operation in OperationType if accept.prefers_stream(operation)} == streamed


@pytest.mark.parametrize("query", ["{ __typename }", "mutation { __typename }", "{"])
async def test_a_client_that_accepts_streams_too_gets_json(account: Account, query: str) -> None:
    response = await account.api.http.post("/graphql", json={"query": query}, headers={"accept": URQL})
    assert response.headers["content-type"] == f"{GRAPHQL_RESPONSE}; charset=utf-8"
    assert isinstance(response.json(), dict)


async def test_a_client_that_accepts_only_streams_gets_errors_as_an_event(account: Account) -> None:
    response: httpx.Response = await account.api.http.post(
        "/graphql", json={"query": "{"}, headers={"accept": EVENT_STREAM}
    )
    assert response.headers["content-type"] == f"{EVENT_STREAM}; charset=utf-8"
    comment, start, end = response.text.strip().split("\n\n")
    assert comment == ": ping"
    assert start.startswith("event: next\n")
    assert "GRAPHQL_PARSE_FAILED" in start
    assert end == "event: complete\ndata:"
