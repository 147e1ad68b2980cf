"""Frames and operations that no client of good will sends: each ends what it must, with a code, and nothing else."""

import json
from typing import Any

import pytest

from server.http.sockets import STREAMS
from tests.server.http.test_sockets import INBOX, TYPENAME, acknowledged, closed, heard, opened, say
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
async def test_what_is_no_message_closes_the_socket_with_4400(socket_url: str, frame: str) -> None:
    async with opened(socket_url) as connection:
        await connection.send(frame)
        assert await closed(connection) == 4400


async def test_an_id_used_twice_may_be_long(account: Account, socket_url: str) -> None:
    """What the close frame says of it is not."""
    async with acknowledged(socket_url, account.ana.token) as connection:
        for _ in range(2):
            await say(connection, "subscribe", id="é" * 100, payload=INBOX)
        assert await closed(connection) == 4409


OPERATIONS: dict[str, dict[str, Any]] = {
    "an unknown operation": {"query": "query A { __typename }", "operationName": "B"},
    "an operation named nothing": {"query": "query A { __typename }", "operationName": ""},
    "no query": {"query": ""},
    "fragments alone": {"query": "fragment Alone on Query { __typename }"},
    "several operations": {"query": "query A { __typename } subscription B { chatInboxChanged { channelId } }"},
}
CODES = {"several operations": "GRAPHQL_VALIDATION_FAILED"}


@pytest.mark.parametrize("name", OPERATIONS)
async def test_what_cannot_be_run_ends_the_operation_and_not_the_socket(socket_url: str, name: str) -> None:
    async with acknowledged(socket_url) as connection:
        await say(connection, "subscribe", id="1", payload=OPERATIONS[name])
        message = await heard(connection)
        assert (message["type"], message["id"]) == ("error", "1")
        assert message["payload"][0]["extensions"]["code"] == CODES.get(name, "BAD_USER_INPUT")
        await say(connection, "subscribe", id="1", payload=TYPENAME)
        assert (await heard(connection))["payload"] == {"data": {"__typename": "Query"}}


async def test_one_operation_too_many_is_refused_with_a_code(account: Account, socket_url: str) -> None:
    async with acknowledged(socket_url, account.ana.token) as connection:
        for number in range(STREAMS):
            await say(connection, "subscribe", id=str(number), payload=INBOX)
        await say(connection, "subscribe", id="more", payload=TYPENAME)
        message = await heard(connection)
        assert (message["type"], message["id"]) == ("error", "more")
        assert message["payload"][0]["extensions"] == {"code": "RATE_LIMITED"}
        await say(connection, "complete", id="0")
        await say(connection, "subscribe", id="more", payload=TYPENAME)
        assert (await heard(connection))["type"] == "next"
