"""One log line per finished request, socket and operation."""

import asyncio
import re

import pytest
from websockets.asyncio.client import connect

from tests.server.http.test_event_streams import subscribed
from tests.server.observation.conftest import ObservedServer
from tests.support.sockets import PROTOCOL, open_socket

ADDED = """subscription Watch($id: ID!, $since: String!) {
  chatMessageAdded(channelId: $id, since: $since) { message { body } }
}"""


async def test_an_operation_is_one_line(server: ObservedServer) -> None:
    query = "query Sidebar { chatChannels(first: 5) { nodes { id name } } }"
    answer = await server.post(query)
    line = await server.line(answer.headers["x-request-id"])
    assert line.pop("ms") > line.pop("statement_ms") > 0
    assert line.pop("statements") == 2
    assert re.fullmatch("[0-9a-f]{32}", line.pop("trace_id"))
    assert line.pop("timestamp").startswith("20")
    assert line == {
        "event": "operation",
        "level": "info",
        "request_id": answer.headers["x-request-id"],
        "transport": "http",
        "type": "query",
        "name": "Sidebar",
        "account_id": server.account.account_id,
        "agent_id": "ana",
        "status": 200,
    }


async def _statements(server: ObservedServer, query: str) -> object:
    return (await server.line((await server.post(query)).headers["x-request-id"]))["statements"]


async def test_the_statements_of_concurrent_operations_are_counted_separately(server: ObservedServer) -> None:
    few, many = "{ chatViewer { agent { id } } }", "{ chatChannels(first: 5) { nodes { members { nodes { role } } } } }"
    alone = [await _statements(server, query) for query in (few, many)]
    assert alone[0] != alone[1]
    assert await asyncio.gather(*(_statements(server, query) for query in (few, many) * 10)) == alone * 10


async def test_the_statements_of_the_directory_thread_are_counted(server: ObservedServer) -> None:
    service = server.account.api.service(server.account.account_id)
    sync = "mutation Sync($input: SyncChatDirectoryInput!) { syncChatDirectory(input: $input) { agentCount } }"
    answer = await server.http.post(
        "/graphql",
        json={"query": sync, "variables": {"input": {"account": {"name": "Renamed"}, "agents": []}}},
        headers={"authorization": f"Bearer {service.token}"},
    )
    assert "errors" not in answer.json()
    line = await server.line(answer.headers["x-request-id"])
    assert (line["type"], line["account_id"], line.get("agent_id")) == ("mutation", server.account.account_id, None)
    assert line["statements"] > 3


@pytest.mark.parametrize(
    ("query", "code", "type"),
    [
        ("{", "GRAPHQL_PARSE_FAILED", None),
        ("{ unknown }", "GRAPHQL_VALIDATION_FAILED", None),
        ("query ($id: ID!) { chatChannel(id: $id) { id } }", "BAD_USER_INPUT", "query"),
    ],
)
async def test_the_codes_of_errors_are_logged(server: ObservedServer, query: str, code: str, type: str | None) -> None:
    line = await server.line((await server.post(query)).headers["x-request-id"])
    assert (line["codes"], line.get("type")) == ([code], type)


async def test_a_long_name_is_shortened(server: ObservedServer) -> None:
    line = await server.line((await server.post(f"query {'N' * 200} {{ __typename }}")).headers["x-request-id"])
    assert line["name"] == "N" * 64


@pytest.mark.parametrize(
    ("sent", "is_used"),
    [
        ("0123456789abcdef", True),
        ("7F000001:8296_0A.1-b", True),
        ("short", False),
        ("x" * 65, False),
        ("a b c d e", False),
    ],
)
async def test_the_request_id_of_a_trusted_proxy_is_used_if_it_is_safe(
    server: ObservedServer, sent: str, is_used: bool
) -> None:
    answer = await server.post("{ __typename }", {"x-request-id": sent})
    assert (answer.headers["x-request-id"] == sent) is is_used
    assert await server.line(answer.headers["x-request-id"])


async def test_a_socket_and_each_of_its_operations_are_one_line(server: ObservedServer) -> None:
    ana = server.account.ana
    channel = await ana.create_channel()
    headers = {"x-request-id": "a-socket-of-ana"}
    async with connect(server.process.socket_url, subprotocols=[PROTOCOL], additional_headers=headers) as opened:
        assert opened.response is not None
        assert opened.response.headers["x-request-id"] == "a-socket-of-ana"
    assert (await server.line("a-socket-of-ana", "socket"))["operations"] == 0

    async with open_socket(server.process.socket_url, ana.token) as socket:
        assert socket.connection.response is not None
        request_id = socket.connection.response.headers["x-request-id"]
        stream = await socket.subscribe(ADDED, id=channel, since=await ana.position(channel))
        await (await socket.subscribe("query One { __typename }")).next()
        for number in range(3):
            await ana.send(channel, f"Message {number}")
            await stream.data()
    line = await server.line(request_id, "socket")
    assert (line["operations"], line["agent_id"], line["status"]) == (2, "ana", 101)
    subscription = await server.line(f"{request_id}-1")
    assert (subscription["type"], subscription["name"], subscription["events"]) == ("subscription", "Watch", 3)
    assert "statements" not in subscription
    assert (await server.line(f"{request_id}-2"))["name"] == "One"


async def test_an_event_stream_is_one_line_at_its_end(server: ObservedServer) -> None:
    ana = server.account.ana
    channel = await ana.create_channel()
    since = await ana.position(channel)
    async with subscribed(server.process.socket_url, ana.token, ADDED, id=channel, since=since) as events:
        await ana.send(channel)
        await events.message()
        request_id = events.response.headers["x-request-id"]
        assert server.lines(request_id) == []
    line = await server.line(request_id)
    assert (line["transport"], line["type"], line["events"]) == ("event_stream", "subscription", 1)


async def test_requests_for_files_are_logged_without_their_paths(server: ObservedServer) -> None:
    answer = await server.http.get("/files/a-token-of-a-link?and=a-query")
    line = await server.line(answer.headers["x-request-id"], "request")
    assert (line["endpoint"], line["status"], line["codes"]) == ("files", 404, ["NOT_FOUND"])
    assert not [text for text in server.process.log_lines() if "a-token-of" in text or "a-query" in text]


async def test_probes_are_not_logged(server: ObservedServer) -> None:
    for path in ("/healthz", "/readyz", "/metrics"):
        answer = await server.http.get(path)
        assert server.lines(answer.headers["x-request-id"]) == []
