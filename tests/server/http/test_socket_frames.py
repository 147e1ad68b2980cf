"""Hostile frames and operations: each closes the socket or ends its operation, with a code."""

import json
from typing import Any

import pytest

from tests.server.http.test_sockets import (
    INBOX,
    TYPENAME,
    close_code,
    open_connection,
    received,
    send,
    signed_in_connection,
)
from tests.support.api import Account

FRAMES = {
    "deep arrays": "[" * 50_000,
    "deep objects": '{"type":"ping","payload":' + '{"a":' * 40_000,
    "a number of 5,000 digits": '{"type":"ping","payload":{"a":' + "9" * 5_000 + "}",
    "half a surrogate pair": '{"type":"\\ud800"}',
    "a long type": json.dumps({"type": "x" * 500}),
    "a long type of wide letters": json.dumps({"type": "é" * 100}),
    "NaN": '{"type":"ping","payload":{"a":NaN}}',
}


@pytest.mark.parametrize("frame", FRAMES.values(), ids=FRAMES.keys())
async def test_a_malformed_frame_closes_the_socket_with_4400(socket_url: str, frame: str) -> None:
    async with open_connection(socket_url) as connection:
        await connection.send(frame)
        assert await close_code(connection) == 4400


async def test_a_duplicate_id_of_any_length_closes_the_socket_with_4409(account: Account, socket_url: str) -> None:
    """The reason in the close frame is shortened."""
    async with signed_in_connection(socket_url, account.ana.token) as connection:
        for _ in range(2):
            await send(connection, "subscribe", id="é" * 100, payload=INBOX)
        assert await close_code(connection) == 4409


OPERATIONS: dict[str, dict[str, Any]] = {
    "an unknown operation": {"query": "query A { __typename }", "operationName": "B"},
    "no query": {"query": ""},
    "fragments alone": {"query": "fragment Alone on Query { __typename }"},
    "several operations": {"query": "query A { __typename } subscription B { chatInboxChanged { channelId } }"},
}
CODES = {"several operations": "GRAPHQL_VALIDATION_FAILED"}


@pytest.mark.parametrize("name", OPERATIONS)
async def test_an_operation_that_cannot_run_ends_without_closing_the_socket(socket_url: str, name: str) -> None:
    async with signed_in_connection(socket_url) as connection:
        await send(connection, "subscribe", id="1", payload=OPERATIONS[name])
        message = await received(connection)
        assert (message["type"], message["id"]) == ("error", "1")
        assert message["payload"][0]["extensions"]["code"] == CODES.get(name, "BAD_USER_INPUT")
        await send(connection, "subscribe", id="1", payload=TYPENAME)
        assert (await received(connection))["payload"] == {"data": {"__typename": "Query"}}


async def test_an_operation_beyond_the_limit_is_refused_with_a_code(account: Account, socket_url: str) -> None:
    async with signed_in_connection(socket_url, account.ana.token) as connection:
        for number in range(100):
            await send(connection, "subscribe", id=str(number), payload=INBOX)
        await send(connection, "subscribe", id="more", payload=TYPENAME)
        message = await received(connection)
        assert (message["type"], message["id"]) == ("error", "more")
        assert message["payload"][0]["extensions"] == {"code": "RATE_LIMITED"}
        await send(connection, "complete", id="0")
        await send(connection, "subscribe", id="more", payload=TYPENAME)
        assert (await received(connection))["type"] == "next"
