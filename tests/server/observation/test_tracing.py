"""The spans that a collector of OpenTelemetry receives from a server."""

import os
import subprocess
import sys

import httpx
from opentelemetry.proto.trace.v1.trace_pb2 import Span, Status

from tests.server.observation.collector import attributes
from tests.server.observation.conftest import ObservedServer
from tests.support.sockets import open_socket
from tests.support.waiting import until

PARENT = "00f067aa0ba902b7"
ADDED = """subscription Watch($id: ID!, $since: String!) {
  chatMessageAdded(channelId: $id, since: $since) { message { body } }
}"""


def traced(number: int) -> tuple[str, dict[str, str]]:
    """Returns the id of a new trace, and the header of a request that belongs to it."""
    trace_id = f"{number:032x}"
    return trace_id, {"traceparent": f"00-{trace_id}-{PARENT}-01"}


async def spans_of(server: ObservedServer, trace_id: str) -> tuple[Span, list[Span]]:
    """Returns the span of the operation, and its children."""

    def operations() -> list[Span]:
        return [span for span in server.collector.spans_of(trace_id) if span.kind == Span.SPAN_KIND_SERVER]

    await until(lambda: len(operations()) == 1, "the span of the operation")
    (operation,) = operations()
    return operation, [span for span in server.collector.spans_of(trace_id) if span.span_id != operation.span_id]


async def test_an_operation_and_its_statements_are_spans_of_the_callers_trace(server: ObservedServer) -> None:
    trace_id, headers = traced(1)
    answer = await server.post("query Sidebar { chatChannels(first: 5) { nodes { id name } } }", headers)
    operation, children = await spans_of(server, trace_id)
    assert (operation.name, operation.parent_span_id.hex()) == ("query", PARENT)
    assert attributes(operation) == {
        "graphql.operation.type": "query",
        "graphql.operation.name": "Sidebar",
        "chat.transport": "http",
        "chat.request_id": answer.headers["x-request-id"],
    }
    line = await server.line(answer.headers["x-request-id"])
    assert line["trace_id"] == trace_id
    assert len(children) == line["statements"]
    for child in children:
        assert child.parent_span_id == operation.span_id
        assert operation.start_time_unix_nano <= child.start_time_unix_nano <= child.end_time_unix_nano
        assert child.end_time_unix_nano <= operation.end_time_unix_nano
        assert attributes(child)["db.system.name"] == "postgresql"
        assert "$1" in attributes(child)["db.query.text"]
    assert server.collector.services == {"internal-chat"}


async def test_the_trace_continues_in_a_source_module(server: ObservedServer) -> None:
    trace_id, headers = traced(2)
    await server.share("DEAL", headers)
    operation, children = await spans_of(server, trace_id)
    (call,) = [child for child in children if child.name == "source module"]
    assert call.parent_span_id == operation.span_id
    assert attributes(call) == {"chat.source.kind": "DEAL"}
    async with httpx.AsyncClient() as http:
        received: list[str] = (await http.get(server.module_url)).json()
    assert f"00-{trace_id}-{call.span_id.hex()}-01" in received


async def test_a_failed_operation_has_its_code(server: ObservedServer) -> None:
    trace_id, headers = traced(3)
    await server.post("{ unknownField }", headers)
    operation, _ = await spans_of(server, trace_id)
    assert (operation.name, attributes(operation)["error.type"]) == ("GraphQL Operation", "GRAPHQL_VALIDATION_FAILED")
    assert operation.status.code == Status.STATUS_CODE_ERROR


async def test_a_subscription_is_one_span_without_children(server: ObservedServer) -> None:
    """Its events share their statements with other subscriptions."""
    ana = server.account.ana
    channel = await ana.create_channel()

    def subscriptions() -> list[Span]:
        return [span for span in server.collector.spans() if span.name == "subscription"]

    before = {span.span_id for span in subscriptions()}
    async with open_socket(server.process.socket_url, ana.token) as socket:
        stream = await socket.subscribe(ADDED, id=channel, since=await ana.position(channel))
        await ana.send(channel)
        await stream.data()
    await until(lambda: {span.span_id for span in subscriptions()} > before, "the span of the subscription")
    (subscription,) = [span for span in subscriptions() if span.span_id not in before]
    assert attributes(subscription)["graphql.operation.name"] == "Watch"
    assert [span for span in server.collector.spans() if span.parent_span_id == subscription.span_id] == []


async def test_no_attribute_has_a_value_of_a_request(server: ObservedServer) -> None:
    channel = await server.account.ana.create_channel("A recognisable name")
    trace_id, headers = traced(4)
    send = "mutation Send($input: SendChatMessageInput!) { sendChatMessage(input: $input) { message { id } } }"
    await server.post(send, headers, input={"channelId": channel, "body": "A recognisable body"})
    await spans_of(server, trace_id)
    exported = b"".join(server.collector.bodies)
    assert b"Send" in exported
    for text in ("recognisable", server.account.ana.token, "sendChatMessage(", channel):
        assert text is not None
        assert text.encode() not in exported


def test_the_exporter_is_not_loaded_unless_an_endpoint_is_set() -> None:
    program = (
        "import sys; import server.app; from server.observation.tracing import tracer_of_environment;"
        "tracer_of_environment(); print('opentelemetry.exporter' in sys.modules)"
    )
    for endpoint, is_loaded in (("", "False\n"), ("http://127.0.0.1:1", "True\n")):
        environment = os.environ | {"OTEL_EXPORTER_OTLP_ENDPOINT": endpoint}
        done = subprocess.run(
            [sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=True
        )
        assert done.stdout == is_loaded
