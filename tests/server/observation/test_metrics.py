"""What Prometheus reads from a server."""

import re

import httpx
import pytest
from prometheus_client import CollectorRegistry
from starlette.applications import Starlette

from server.app import create_app
from server.http.metrics import metrics_route
from server.settings import Settings
from tests.server.observation.conftest import ObservedServer
from tests.support.sockets import open_socket
from tests.support.waiting import until_true

ADDED = """subscription Secret($id: ID!, $since: String!) {
  chatMessageAdded(channelId: $id, since: $since) { message { body } }
}"""
LABELS = {
    "type": "query|mutation|subscription|none",
    "transport": "http|event_stream|socket",
    "outcome": "[A-Z_]+|[a-z_]+",
    "operation": "",
    "origin": "query|mutation|subscription|graphql|files|uploads|unsubscribe|readyz|metrics|other|background",
    "endpoint": "files|graphiql|graphql|healthz|metrics|other|preflight|readyz|unsubscribe|uploads",
    "status": "[0-9]{3}|CANCELLED",
    "pool": "requests|directory",
    "use": "read|transaction",
    "state": "signed_in|not_signed_in|due|waiting|failed",
    "part": "[a-z_]+",
    "kind": "[A-Z_]+|notification|email",
    "le": "[0-9.]+|\\+Inf",
}


async def test_operations_are_counted_by_type_transport_and_outcome(server: ObservedServer) -> None:
    async def count(**labels: str) -> float:
        return await server.value("chat_operations_total", transport="http", **labels)

    good, bad = await count(type="query", outcome="OK"), await count(type="none", outcome="GRAPHQL_PARSE_FAILED")
    durations = await server.value("chat_operation_duration_seconds_count", type="query")
    statements = await server.value("chat_operation_statements_sum", type="query")
    for _ in range(3):
        await server.post("query ClientsName { chatViewer { agent { id } } }")
    await server.post("{")
    assert await count(type="query", outcome="OK") - good == 3
    assert await count(type="none", outcome="GRAPHQL_PARSE_FAILED") - bad == 1
    assert await server.value("chat_operation_duration_seconds_count", type="query") - durations == 3
    assert await server.value("chat_operation_statements_sum", type="query") - statements == 3
    assert await server.value("chat_statement_duration_seconds_count", origin="query") >= 3


async def test_every_label_has_a_closed_set_of_values(server: ObservedServer) -> None:
    """No label is a text of a client, an agent or an account."""
    await server.post("query ClientsName { __typename }")
    await server.http.get("/clients/path?and=query")
    samples = {key: value for key, value in (await server.samples()).items() if key[0].startswith("chat_")}
    assert len(samples) > 100
    open_labels = [
        (name, label, value)
        for name, labels in samples
        for label, value in labels
        if not re.fullmatch(LABELS[label], value)
    ]
    assert open_labels == []


async def test_sockets_streams_and_deliveries_are_counted(server: ObservedServer) -> None:
    ana = server.account.ana
    channel = await ana.create_channel()
    before = await server.value("chat_deliveries_total", transport="socket")
    async with open_socket(server.process.socket_url, ana.token) as socket:
        async with open_socket(server.process.socket_url, None):
            stream = await socket.subscribe(ADDED, id=channel, since=await ana.position(channel))
            await ana.send(channel)
            await stream.data()
            assert await server.value("chat_sockets", state="signed_in") == 1
            assert await server.value("chat_sockets", state="not_signed_in") == 1
        assert await server.value("chat_operations_in_flight", type="subscription", transport="socket") == 1
        assert await server.value("chat_hub_accounts") == 1
    assert await server.value("chat_deliveries_total", transport="socket") - before == 1

    async def is_closed() -> bool:
        return await server.value("chat_sockets") == 0 and await server.value("chat_operations_in_flight") == 0

    await until_true(is_closed, "no open socket")


async def test_the_delay_of_live_events_is_measured(server: ObservedServer) -> None:
    """Not that of events that a stream resumes with."""
    ana = server.account.ana
    channel = await ana.create_channel()
    position = await ana.position(channel)
    await ana.send(channel, "before the stream")
    count = await server.value("chat_delivery_delay_seconds_count")
    total = await server.value("chat_delivery_delay_seconds_sum")
    async with open_socket(server.process.socket_url, ana.token) as socket:
        stream = await socket.subscribe(ADDED, id=channel, since=position)
        await stream.data()
        for _ in range(2):
            await ana.send(channel)
            await stream.data()
    assert await server.value("chat_delivery_delay_seconds_count") - count == 2
    assert 0 < await server.value("chat_delivery_delay_seconds_sum") - total < 10


async def test_calls_of_source_modules_are_measured(server: ObservedServer) -> None:
    for kind in ("DEAL", "TASK"):
        await server.share(kind)
    assert await server.value("chat_source_call_duration_seconds_count", kind="DEAL", outcome="answered") >= 1
    assert await server.value("chat_source_call_duration_seconds_count", kind="TASK", outcome="failed") >= 1
    assert await server.value("chat_source_breaker_open", kind="DEAL") == 0


async def test_the_state_of_the_process_is_exported(server: ObservedServer) -> None:
    assert await server.value("chat_background_part_running", part="hub") == 1
    assert await server.value("chat_broadcast_healthy") == 1
    assert await server.value("chat_hub_comparison_age_seconds") < 10
    assert await server.value("chat_pool_size", pool="requests", use="read") == 20
    assert await server.value("chat_event_loop_lag_seconds_count") > 0
    assert await server.value("process_resident_memory_bytes") > 1_000_000
    assert {key[0] for key in await server.samples()} >= {"chat_outbox_entries", "chat_outbox_oldest_due_seconds"}


@pytest.mark.parametrize("header", ["x-forwarded-for", "forwarded", "via", "x-real-ip"])
async def test_without_a_token_a_proxy_gets_no_metrics(server: ObservedServer, header: str) -> None:
    assert (await server.http.get("/metrics")).status_code == 200
    assert (await server.http.get("/metrics", headers={header: "127.0.0.1"})).status_code == 404


@pytest.mark.parametrize(
    ("authorization", "client", "status"),
    [
        ("Bearer the token of Prometheus", "192.0.2.1", 200),
        ("bearer the token of Prometheus", "127.0.0.1", 200),
        ("Bearer another token", "127.0.0.1", 401),
        ("Basic the token of Prometheus", "127.0.0.1", 401),
        (None, "127.0.0.1", 401),
    ],
)
async def test_with_a_token_everybody_needs_it(authorization: str | None, client: str, status: int) -> None:
    async def refresh() -> None:
        """There is nothing to read."""

    app = Starlette(routes=[metrics_route(CollectorRegistry(), refresh, "the token of Prometheus")])
    headers = {"authorization": authorization} if authorization is not None else {}
    transport = httpx.ASGITransport(app, client=(client, 1234))
    async with httpx.AsyncClient(transport=transport, base_url="http://chat.test") as http:
        assert (await http.get("/metrics", headers=headers)).status_code == status


async def test_two_applications_of_one_process_have_their_own_metrics(
    app: Starlette, settings: Settings, database_url: str
) -> None:
    other = create_app(settings, database_url)
    async with other.router.lifespan_context(other):
        for number, each in enumerate((app, other)):
            transport = httpx.ASGITransport(each, client=("127.0.0.1", 1234))
            async with httpx.AsyncClient(transport=transport, base_url="http://chat.test") as http:
                await http.get(f"/{number}" * 3)
                lines = (await http.get("/metrics")).text.splitlines()
            counts = [line for line in lines if line.startswith('chat_requests_total{endpoint="other",status="404"}')]
            assert len(counts) == 1
            assert number == 0 or counts[0].endswith(" 1.0")


async def test_without_a_token_other_machines_get_no_metrics(app: Starlette) -> None:
    for client, status in (("127.0.0.1", 200), ("::1", 200), ("192.0.2.1", 404)):
        transport = httpx.ASGITransport(app, client=(client, 1234))
        async with httpx.AsyncClient(transport=transport, base_url="http://chat.test") as http:
            assert (await http.get("/metrics")).status_code == status, client
