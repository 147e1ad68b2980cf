"""graphql-transport-ws, frame by frame: the answers of the server, and the codes with which it closes the socket."""

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
async def open_connection(url: str) -> AsyncIterator[ClientConnection]:
    async with connect(url, subprotocols=[PROTOCOL]) as connection:
        yield connection


@asynccontextmanager
async def signed_in_connection(url: str, token: str | None = None) -> AsyncIterator[ClientConnection]:
    async with open_connection(url) as connection:
        await send(connection, "connection_init", payload={"authorization": f"Bearer {token}"} if token else {})
        assert (await received(connection))["type"] == "connection_ack"
        yield connection


async def send(connection: ClientConnection, type: str, **fields: object) -> None:
    await connection.send(json.dumps({"type": type, **fields}))


async def received(connection: ClientConnection) -> Json:
    async with asyncio.timeout(PATIENCE):
        message: Json = json.loads(await connection.recv())
    return message


async def close_code(connection: ClientConnection) -> int | None:
    """Returns the code with which the server closes the socket. Fails if a message comes first."""
    with pytest.raises(ConnectionClosed):
        await received(connection)
    return connection.close_code


# ------------------------------------------------------------------ malformed frames
FRAMES = ["{", '"hello"', "[]", '[{"type": "ping"}]', "1", "null", "{}", '{"type": 1}', '{"type": "hello"}', ""]


@pytest.mark.parametrize("frame", FRAMES)
async def test_a_malformed_message_closes_the_socket_with_4400(socket_url: str, frame: str) -> None:
    async with open_connection(socket_url) as connection:
        await connection.send(frame)
        assert await close_code(connection) == 4400


async def test_a_binary_frame_closes_the_socket_with_4400(socket_url: str) -> None:
    async with open_connection(socket_url) as connection:
        await connection.send(b'{"type": "connection_init"}')
        assert await close_code(connection) == 4400


@pytest.mark.parametrize("payload", ["text", 1, [], True])
async def test_an_init_payload_that_is_not_an_object_closes_the_socket_with_4400(
    socket_url: str, payload: object
) -> None:
    async with open_connection(socket_url) as connection:
        await send(connection, "connection_init", payload=payload)
        assert await close_code(connection) == 4400


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
async def test_a_malformed_operation_closes_the_socket_with_4400(socket_url: str, operation: object) -> None:
    async with signed_in_connection(socket_url) as connection:
        await send(connection, "subscribe", id="1", payload=operation)
        assert await close_code(connection) == 4400


@pytest.mark.parametrize("name", ["variables", "operationName", "extensions"])
async def test_an_empty_parameter_counts_as_not_given(socket_url: str, name: str) -> None:
    async with signed_in_connection(socket_url) as connection:
        await send(connection, "subscribe", id="1", payload={"query": "query Name { __typename }", name: ""})
        assert (await received(connection))["payload"] == {"data": {"__typename": "Query"}}


@pytest.mark.parametrize("id", [None, 1, {}])
async def test_a_malformed_id_closes_the_socket_with_4400(socket_url: str, id: object) -> None:
    async with signed_in_connection(socket_url) as connection:
        await send(connection, "subscribe", id=id, payload=TYPENAME)
        assert await close_code(connection) == 4400


# ------------------------------------------------------------------ signing in
async def test_a_null_init_payload_is_accepted(socket_url: str) -> None:
    async with open_connection(socket_url) as connection:
        await send(connection, "connection_init", payload=None)
        assert await received(connection) == {"type": "connection_ack"}


async def test_subscribing_before_the_acknowledgement_closes_the_socket_with_4401(socket_url: str) -> None:
    async with open_connection(socket_url) as connection:
        await send(connection, "subscribe", id="1", payload=TYPENAME)
        assert await close_code(connection) == 4401


@pytest.mark.parametrize("authorization", ["Bearer nonsense", "Basic YTpi", 1, {"token": "x"}])
async def test_an_invalid_token_closes_the_socket_with_4403(socket_url: str, authorization: object) -> None:
    async with open_connection(socket_url) as connection:
        await send(connection, "connection_init", payload={"authorization": authorization})
        assert await close_code(connection) == 4403


async def test_without_a_token_only_public_fields_are_answered(socket_url: str) -> None:
    async with signed_in_connection(socket_url) as connection:
        await send(connection, "subscribe", id="1", payload=TYPENAME)
        assert (await received(connection))["payload"] == {"data": {"__typename": "Query"}}
        assert await received(connection) == {"id": "1", "type": "complete"}
        await send(connection, "subscribe", id="2", payload=INBOX)
        answer = await received(connection)
        (error,) = answer["payload"] if answer["type"] == "error" else answer["payload"]["errors"]
        assert error["extensions"]["code"] == "UNAUTHENTICATED"


async def test_a_socket_without_init_is_closed_with_4408(socket_url: str) -> None:
    loop = asyncio.get_running_loop()
    async with open_connection(socket_url) as connection:
        begun = loop.time()
        assert await close_code(connection) == 4408
        assert 4 < loop.time() - begun < 7


async def test_a_second_init_closes_the_socket_with_4429(socket_url: str) -> None:
    async with signed_in_connection(socket_url) as connection:
        await send(connection, "connection_init")
        assert await close_code(connection) == 4429


@pytest.mark.parametrize("protocols", [None, [Subprotocol("graphql-ws")], [Subprotocol("nonsense")]])
async def test_an_unknown_subprotocol_closes_the_socket_with_4406(
    socket_url: str, protocols: list[Subprotocol] | None
) -> None:
    async with connect(socket_url, subprotocols=protocols) as connection:
        assert await close_code(connection) == 4406


@pytest.mark.parametrize("origin", ["https://evil.example", "null"])
async def test_another_origin_is_refused(socket_url: str, origin: str) -> None:
    with pytest.raises(InvalidStatus) as refused:
        await connect(socket_url, subprotocols=[PROTOCOL], origin=Origin(origin))
    assert refused.value.response.status_code == 403


# ------------------------------------------------------------------ operations
async def test_a_ping_is_answered_with_a_pong(socket_url: str) -> None:
    async with open_connection(socket_url) as connection:
        await send(connection, "ping", payload={"any": "thing"})
        assert (await received(connection))["type"] == "pong"
        await send(connection, "pong")
        await send(connection, "ping")
        assert (await received(connection))["type"] == "pong"


async def test_an_id_in_use_closes_the_socket_with_4409(account: Account, socket_url: str) -> None:
    async with signed_in_connection(socket_url, account.bruno.token) as connection:
        await send(connection, "subscribe", id="1", payload=INBOX)
        await send(connection, "subscribe", id="1", payload=INBOX)
        assert await close_code(connection) == 4409


async def test_the_id_of_a_completed_operation_can_be_used_again(account: Account, socket_url: str) -> None:
    async with signed_in_connection(socket_url, account.bruno.token) as connection:
        await send(connection, "subscribe", id="1", payload=INBOX)
        await send(connection, "complete", id="1")
        await send(connection, "complete", id="never received of")
        await send(connection, "subscribe", id="1", payload=TYPENAME)
        assert (await received(connection))["type"] == "next"
        assert (await received(connection))["type"] == "complete"


@pytest.mark.parametrize(
    "operation",
    [
        {"query": "query A { __typename }", "operationName": "B"},
        {"query": "{ nonsense }"},
        {"query": "{"},
        {"query": ""},
    ],
)
async def test_an_invalid_operation_ends_without_closing_the_socket(
    account: Account, socket_url: str, operation: Json
) -> None:
    async with signed_in_connection(socket_url, account.bruno.token) as connection:
        await send(connection, "subscribe", id="1", payload=operation)
        answer = await received(connection)
        assert (answer["type"], answer["id"]) == ("error", "1")
        assert all(error["extensions"]["code"] for error in answer["payload"])
        await send(connection, "subscribe", id="2", payload=TYPENAME)
        assert (await received(connection))["payload"] == {"data": {"__typename": "Query"}}


async def test_an_operation_that_cannot_be_executed_is_a_result_without_data(account: Account, socket_url: str) -> None:
    query = "query ($id: ID!) { chatChannel(id: $id) { id } }"
    async with signed_in_connection(socket_url, account.bruno.token) as connection:
        await send(connection, "subscribe", id="1", payload={"query": query})
        answer = await received(connection)
        assert (answer["type"], answer["payload"]["data"]) == ("next", None)
        assert answer["payload"]["errors"][0]["extensions"]["code"] == "BAD_USER_INPUT"
        assert await received(connection) == {"id": "1", "type": "complete"}


async def test_a_socket_has_at_most_100_operations(account: Account, socket_url: str) -> None:
    async with signed_in_connection(socket_url, account.bruno.token) as connection:
        for number in range(101):
            await send(connection, "subscribe", id=str(number), payload=INBOX)
        answer = await received(connection)
        assert (answer["type"], answer["id"]) == ("error", "100")


async def test_operations_of_one_socket_share_no_loaded_data(account: Account, socket_url: str) -> None:
    channel = await account.ana.create_channel("Room", "PRIVATE", memberIds=["bruno"])
    query = "query ($id: ID!) { chatChannel(id: $id) { name } }"
    async with open_socket(socket_url, account.bruno.token) as socket:
        before = await socket.subscribe(query, id=channel)
        assert (await before.next())["data"]["chatChannel"] == {"name": "Room"}
        await account.ana.mutate("removeChatMember", "channel { id }", channelId=channel, agentId="bruno")
        after = await socket.subscribe(query, id=channel)
        assert (await after.next())["data"]["chatChannel"] is None


async def test_mutations_work_over_sockets(account: Account, socket_url: str) -> None:
    channel = await account.ana.create_channel("Room", "PRIVATE", memberIds=["bruno"])
    mutation = "mutation ($input: SendChatMessageInput!) { sendChatMessage(input: $input) { message { body } } }"
    async with open_socket(socket_url, account.bruno.token) as socket:
        sending = await socket.subscribe(mutation, input={"channelId": channel, "body": "Bom dia"})
        assert (await sending.data())["message"] == {"body": "Bom dia"}
