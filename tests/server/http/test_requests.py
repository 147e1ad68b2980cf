"""GraphQL over HTTP: valid and invalid requests, and their status codes."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from server.http import requests
from tests.support.api import Account

NEWER = "application/graphql-response+json"
JSON = {"content-type": "application/json"}
PROFILE = "mutation { updateChatProfile(input: {sendKey: MOD_ENTER}) { viewer { sendKey } } }"
SUBSCRIPTION = "subscription { chatInboxChanged { channelId } }"


@pytest.fixture
def http(account: Account) -> httpx.AsyncClient:
    account.api.http.headers.pop("authorization", None)
    return account.api.http


def only_error(response: httpx.Response) -> dict[str, Any]:
    [error] = response.json()["errors"]
    return {"code": error["extensions"]["code"], "message": error["message"]}


NO_REQUESTS = [
    b"",
    b"{",
    b'"x"',
    b"1",
    b"null",
    b"[]",
    b'[{"query": "{ __typename }"}]',
    b"NaN",
    b'{"query": "{ __typename }", "variables": {"id": NaN}}',
    b'{"query": "\xff"}',
    b'{"query": "\\ud800"}',
    b"[" * 100_000,
    b'{"query": 1}',
    b'{"query": null}',
    b"{}",
    b'{"query": "{ __typename }", "variables": []}',
    b'{"query": "{ __typename }", "variables": "x"}',
    b'{"query": "{ __typename }", "extensions": 1}',
    b'{"query": "{ __typename }", "operationName": 1}',
    b'{"query": "{ __typename }", "operationName": "Unknown"}',
    b'{"query": "fragment Alone on Query { __typename }"}',
]


@pytest.mark.parametrize("body", NO_REQUESTS, ids=lambda body: body[:50].decode(errors="replace"))
async def test_a_malformed_request_is_answered_with_400_and_a_code(http: httpx.AsyncClient, body: bytes) -> None:
    control = await http.post("/graphql", content=b'{"query": "{ __typename }"}', headers=JSON)
    assert (control.status_code, control.json()) == (200, {"data": {"__typename": "Query"}})
    response = await http.post("/graphql", content=body, headers=JSON)
    assert response.status_code == 400
    assert response.headers["content-type"] == "application/json"
    assert only_error(response)["code"] == "BAD_USER_INPUT"


async def test_a_request_over_the_size_limit_is_refused(http: httpx.AsyncClient) -> None:
    around = len(b'{"query": "{ __typename }", "extensions": {"x": ""}}')
    fitting = b'{"query": "{ __typename }", "extensions": {"x": "' + b"x" * (256_000 - around) + b'"}}'
    assert (await http.post("/graphql", content=fitting, headers=JSON)).status_code == 200
    response = await http.post("/graphql", content=fitting + b" ", headers=JSON)
    assert response.status_code == 413
    assert only_error(response)["code"] == "BAD_USER_INPUT"


async def test_a_body_in_many_chunks_is_read_whole(http: httpx.AsyncClient) -> None:
    body = b'{"query": "query ($name: String!) { __type(name: $name) { name } }", "variables": {"name": "Query"}}'

    async def chunks() -> AsyncIterator[bytes]:
        for index in range(len(body)):
            yield body[index : index + 1]

    response = await http.post("/graphql", content=chunks(), headers=JSON)
    assert response.json() == {"data": {"__type": {"name": "Query"}}}


async def test_a_body_that_does_not_arrive_is_refused(http: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(requests, "BODY_SECONDS", 0.1)

    async def endless() -> AsyncIterator[bytes]:
        while True:
            yield b" "
            await asyncio.sleep(0.01)

    response = await http.post("/graphql", content=endless(), headers=JSON)
    assert response.status_code == 408
    assert only_error(response)["code"] == "BAD_USER_INPUT"


@pytest.mark.parametrize("kind", ["", "text/plain", "application/x-www-form-urlencoded", "application/jsonx"])
async def test_content_types_of_html_forms_are_refused(http: httpx.AsyncClient, kind: str) -> None:
    body = b'{"query": "{ __typename }"}'
    good = await http.post("/graphql", content=body, headers={"content-type": "Application/JSON; charset=utf-8"})
    assert good.status_code == 200
    response = await http.post("/graphql", content=body, headers={"content-type": kind})
    assert response.status_code == 415
    assert only_error(response)["code"] == "BAD_USER_INPUT"


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH"])
async def test_other_methods_are_refused(http: httpx.AsyncClient, method: str) -> None:
    response = await http.request(method, "/graphql", json={"query": "{ __typename }"})
    assert (response.status_code, response.headers["allow"]) == (405, "GET, POST")


async def test_get_executes_queries_but_no_mutations(account: Account) -> None:
    async def get(query: str) -> httpx.Response:
        headers = {"authorization": f"Bearer {account.ana.token}", "accept": "application/json"}
        return await account.api.http.get("/graphql", params={"query": query}, headers=headers)

    key = "{ chatViewer { sendKey } }"
    assert (await get(key)).json()["data"]["chatViewer"] == {"sendKey": "ENTER"}
    response = await get(PROFILE)
    assert (response.status_code, response.headers["allow"]) == (405, "GET, POST")
    assert only_error(response)["code"] == "BAD_USER_INPUT"
    assert (await get(key)).json()["data"]["chatViewer"] == {"sendKey": "ENTER"}


@pytest.mark.parametrize("parameters", [{"variables": "x"}, {"variables": "[]"}, {"extensions": "1"}])
async def test_a_malformed_get_request_is_refused(http: httpx.AsyncClient, parameters: dict[str, str]) -> None:
    response = await http.get("/graphql", params={"query": "{ __typename }"} | parameters)
    assert response.status_code == 400
    assert only_error(response)["code"] == "BAD_USER_INPUT"


@pytest.mark.parametrize("name", ["variables", "operationName", "extensions"])
@pytest.mark.parametrize("accept", ["application/json", NEWER, "text/event-stream"])
async def test_an_empty_parameter_counts_as_not_given(http: httpx.AsyncClient, name: str, accept: str) -> None:
    request, headers = {"query": "query Name { __typename }", name: ""}, {"accept": accept}
    for response in (
        await http.get("/graphql", params=request, headers=headers),
        await http.post("/graphql", json=request, headers=headers),
    ):
        assert response.status_code == 200
        assert '{"data":{"__typename":"Query"}}' in response.text


async def test_an_empty_operation_name_selects_no_operation(http: httpx.AsyncClient) -> None:
    request = {"query": "query A { __typename } query B { __typename }", "operationName": ""}
    refused = await http.post("/graphql", json=request)
    assert only_error(refused)["code"] == "GRAPHQL_VALIDATION_FAILED"


@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_a_subscription_in_a_plain_request_is_refused(account: Account, method: str) -> None:
    parameters = {"query": SUBSCRIPTION}
    headers = {"authorization": f"Bearer {account.ana.token}", "accept": "application/json"}
    if method == "GET":
        response = await account.api.http.get("/graphql", params=parameters, headers=headers)
    else:
        response = await account.api.http.post("/graphql", json=parameters, headers=headers)
    assert response.status_code == 400
    assert "text/event-stream" in only_error(response)["message"]


async def test_a_document_with_several_operations_needs_an_operation_name(account: Account) -> None:
    document = f"{PROFILE.replace('mutation', 'mutation Profile')} query Name {{ __typename }}"

    async def execute(**choice: str) -> httpx.Response:
        headers = {"authorization": f"Bearer {account.ana.token}"}
        return await account.api.http.post("/graphql", json={"query": document, **choice}, headers=headers)

    assert (await execute(operationName="Name")).json() == {"data": {"__typename": "Query"}}
    refused = await execute()
    assert refused.json()["data"] is None
    assert only_error(refused)["code"] == "GRAPHQL_VALIDATION_FAILED"
    assert (await account.ana.execute("{ chatViewer { sendKey } }")).data == {"chatViewer": {"sendKey": "ENTER"}}
    assert (await execute(operationName="Profile")).json()["data"]["updateChatProfile"]


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("{", "GRAPHQL_PARSE_FAILED"),
        ("{ nothing }", "GRAPHQL_VALIDATION_FAILED"),
        ("query ($id: ID!) { chatChannel(id: $id) { id } }", "BAD_USER_INPUT"),
        ("{a" * 5_000, "GRAPHQL_PARSE_FAILED"),
    ],
)
async def test_the_status_of_an_invalid_document_depends_on_the_media_type(
    http: httpx.AsyncClient, query: str, code: str
) -> None:
    """It is 400 with application/graphql-response+json, and 200 with application/json."""
    plain = await http.post("/graphql", json={"query": query})
    assert (plain.status_code, plain.headers["content-type"]) == (200, "application/json")
    assert (plain.json()["data"], only_error(plain)["code"]) == (None, code)
    newer = await http.post("/graphql", json={"query": query}, headers={"accept": NEWER})
    assert (newer.status_code, newer.headers["content-type"]) == (400, f"{NEWER}; charset=utf-8")
    assert "data" not in newer.json()
    assert only_error(newer)["code"] == code


async def test_an_executed_request_is_answered_with_200(http: httpx.AsyncClient) -> None:
    """Even if fields have errors."""
    newer = await http.post("/graphql", json={"query": "{ chatViewer { sendKey } }"}, headers={"accept": NEWER})
    assert (newer.status_code, newer.json()["data"]) == (200, None)
    assert only_error(newer)["code"] == "UNAUTHENTICATED"
