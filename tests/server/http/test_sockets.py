"""graphql-transport-ws, frame by frame: what is said, and with which code the socket closes."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.typing import Origin, Subprotocol

from tests.support.api import Account
from tests.support.sockets import open_socket

Json = dict[str, Any]
PROTOCOL = Subprotocol("graphql-transport-ws")
TYPENAME = {"query": "{ __typename }"}
INBOX = {"query": "subscription { chatInboxChanged { channelId } }"}
PATIENCE = 8


@asynccontextmanager
async def opened(url: str) -> AsyncIterator[ClientConnection]:
    async with connect(url, subprotocols=[PROTOCOL]) as connection:
        yield connection


@asynccontextmanager
async def acknowledged(url: str, token: str | None = None) -> AsyncIterator[ClientConnection]:
    async with opened(url) as connection:
        await say(connection, "connection_init", payload={"authorization": f"Bearer {token}"} if token else {})
        assert (await heard(connection))["type"] == "connection_ack"
        yield connection


async def say(connection: ClientConnection, type: str, **fields: object) -> None:
    await connection.send(json.dumps({"type": type, **fields}))


async def heard(connection: ClientConnection) -> Json:
    async with asyncio.timeout(PATIENCE):
        message: Json = json.loads(await connection.recv())
    return message


async def closed(connection: ClientConnection) -> int | None:
    """Returns the close code; nothing else may come before."""
    with pytest.raises(ConnectionClosed):
        await heard(connection)
    return connection.close_code


# ------------------------------------------------------------------ frames that are no messages
FRAMES = ["{", '"hello"', "[]", '[{"type": "ping"}]', "1", "null", "{}", '{"type": 1}', '{"type": "hello"}', ""]


@pytest.mark.parametrize("frame", FRAMES)
async def test_no_message_of_the_protocol(socket_url: str, frame: str) -> None:
    async with opened(socket_url) as connection:
        await connection.send(frame)
        assert await closed(connection) == 4400


async def test_a_binary_frame(socket_url: str) -> None:
    async with opened(socket_url) as connection:
        await connection.send(b'{"type": "connection_init"}')
        assert await closed(connection) == 4400


@pytest.mark.parametrize("payload", ["text", 1, [], True])
async def test_an_init_payload_that_is_no_object(socket_url: str, payload: object) -> None:
    async with opened(socket_url) as connection:
        await say(connection, "connection_init", payload=payload)
        assert await closed(connection) == 4400


@pytest.mark.parametrize(
    "operation",
    [
        None,
        "{ __typename }",
        [],
        {},
        {"query": 1},
        {"query": None},
        {"query": "{ __typename }", "variables": "x"},
        {"query": "{ __typename }", "operationName": 1},
    ],
)
async def test_no_operation(socket_url: str, operation: object) -> None:
    async with acknowledged(socket_url) as connection:
        await say(connection, "subscribe", id="1", payload=operation)
        assert await closed(connection) == 4400


@pytest.mark.parametrize("id", [None, 1, {}])
async def test_an_id_that_is_none(socket_url: str, id: object) -> None:
    async with acknowledged(socket_url) as connection:
        await say(connection, "subscribe", id=id, payload=TYPENAME)
        assert await closed(connection) == 4400


# ------------------------------------------------------------------ signing in
async def test_a_null_payload_is_none(socket_url: str) -> None:
    async with opened(socket_url) as connection:
        await say(connection, "connection_init", payload=None)
        assert await heard(connection) == {"type": "connection_ack"}


async def test_subscribing_before_the_acknowledgement(socket_url: str) -> None:
    async with opened(socket_url) as connection:
        await say(connection, "subscribe", id="1", payload=TYPENAME)
        assert await closed(connection) == 4401


@pytest.mark.parametrize("authorization", ["Bearer nonsense", "Basic YTpi", 1, {"token": "x"}])
async def test_a_token_that_does_not_hold(socket_url: str, authorization: object) -> None:
    async with opened(socket_url) as connection:
        await say(connection, "connection_init", payload={"authorization": authorization})
        assert await closed(connection) == 4403


async def test_without_a_token_nothing_of_the_account_is_told(socket_url: str) -> None:
    async with acknowledged(socket_url) as connection:
        await say(connection, "subscribe", id="1", payload=TYPENAME)
        assert (await heard(connection))["payload"] == {"data": {"__typename": "Query"}}
        assert await heard(connection) == {"id": "1", "type": "complete"}
        await say(connection, "subscribe", id="2", payload=INBOX)
        answer = await heard(connection)
        (error,) = answer["payload"] if answer["type"] == "error" else answer["payload"]["errors"]
        assert error["extensions"]["code"] == "UNAUTHENTICATED"


async def test_silence_is_closed_after_five_seconds(socket_url: str) -> None:
    loop = asyncio.get_running_loop()
    async with opened(socket_url) as connection:
        begun = loop.time()
        assert await closed(connection) == 4408
        assert 4 < loop.time() - begun < 7


async def test_two_inits(socket_url: str) -> None:
    async with acknowledged(socket_url) as connection:
        await say(connection, "connection_init")
        assert await closed(connection) == 4429


@pytest.mark.parametrize("protocols", [None, [Subprotocol("graphql-ws")], [Subprotocol("nonsense")]])
async def test_another_subprotocol(socket_url: str, protocols: list[Subprotocol] | None) -> None:
    async with connect(socket_url, subprotocols=protocols) as connection:
        assert await closed(connection) == 4406


@pytest.mark.parametrize("origin", ["https://evil.example", "null"])
async def test_another_origin(socket_url: str, origin: str) -> None:
    with pytest.raises(InvalidStatus) as refused:
        await connect(socket_url, subprotocols=[PROTOCOL], origin=Origin(origin))
    assert refused.value.response.status_code == 403


# ------------------------------------------------------------------ operations
async def test_ping_and_pong(socket_url: str) -> None:
    async with opened(socket_url) as connection:
        await say(connection, "ping", payload={"any": "thing"})
        assert (await heard(connection))["type"] == "pong"
        await say(connection, "pong")
        await say(connection, "ping")
        assert (await heard(connection))["type"] == "pong"


async def test_an_id_in_use(account: Account, socket_url: str) -> None:
    async with acknowledged(socket_url, account.bruno.token) as connection:
        await say(connection, "subscribe", id="1", payload=INBOX)
        await say(connection, "subscribe", id="1", payload=INBOX)
        assert await closed(connection) == 4409


async def test_an_id_is_free_again_once_completed(account: Account, socket_url: str) -> None:
    async with acknowledged(socket_url, account.bruno.token) as connection:
        await say(connection, "subscribe", id="1", payload=INBOX)
        await say(connection, "complete", id="1")
        await say(connection, "complete", id="never heard of")
        await say(connection, "subscribe", id="1", payload=TYPENAME)
        assert (await heard(connection))["type"] == "next"
        assert (await heard(connection))["type"] == "complete"


@pytest.mark.parametrize(
    "operation",
    [
        {"query": "query A { __typename }", "operationName": "B"},
        {"query": "{ nonsense }"},
        {"query": "{"},
        {"query": ""},
    ],
)
async def test_a_mistake_ends_its_operation_and_the_socket_lives(
    account: Account, socket_url: str, operation: Json
) -> None:
    async with acknowledged(socket_url, account.bruno.token) as connection:
        await say(connection, "subscribe", id="1", payload=operation)
        answer = await heard(connection)
        assert (answer["type"], answer["id"]) == ("error", "1")
        assert all(error["extensions"]["code"] for error in answer["payload"])
        await say(connection, "subscribe", id="2", payload=TYPENAME)
        assert (await heard(connection))["payload"] == {"data": {"__typename": "Query"}}


async def test_what_cannot_be_executed_is_a_result_with_errors_alone(account: Account, socket_url: str) -> None:
    query = "query ($id: ID!) { chatChannel(id: $id) { id } }"
    async with acknowledged(socket_url, account.bruno.token) as connection:
        await say(connection, "subscribe", id="1", payload={"query": query})
        answer = await heard(connection)
        assert (answer["type"], answer["payload"]["data"]) == ("next", None)
        assert answer["payload"]["errors"][0]["extensions"]["code"] == "BAD_USER_INPUT"
        assert await heard(connection) == {"id": "1", "type": "complete"}


async def test_a_hundred_operations_and_no_more(account: Account, socket_url: str) -> None:
    async with acknowledged(socket_url, account.bruno.token) as connection:
        for number in range(101):
            await say(connection, "subscribe", id=str(number), payload=INBOX)
        answer = await heard(connection)
        assert (answer["type"], answer["id"]) == ("error", "100")


async def test_two_operations_share_nothing_they_read(account: Account, socket_url: str) -> None:
    channel = await account.ana.create_channel("Room", "PRIVATE", memberIds=["bruno"])
    query = "query ($id: ID!) { chatChannel(id: $id) { name } }"
    async with open_socket(socket_url, account.bruno.token) as socket:
        before = await socket.subscribe(query, id=channel)
        assert (await before.next())["data"]["chatChannel"] == {"name": "Room"}
        await account.ana.mutate("removeChatMember", "channel { id }", channelId=channel, agentId="bruno")
        after = await socket.subscribe(query, id=channel)
        assert (await after.next())["data"]["chatChannel"] is None


async def test_mutations_go_over_sockets_too(account: Account, socket_url: str) -> None:
    channel = await account.ana.create_channel("Room", "PRIVATE", memberIds=["bruno"])
    mutation = "mutation ($input: SendChatMessageInput!) { sendChatMessage(input: $input) { message { body } } }"
    async with open_socket(socket_url, account.bruno.token) as socket:
        sending = await socket.subscribe(mutation, input={"channelId": channel, "body": "Bom dia"})
        assert (await sending.data())["message"] == {"body": "Bom dia"}
