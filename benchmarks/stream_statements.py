"""Counts the SQL statements per message with no, few and many subscribers."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn

from benchmarks.deliveries import send_one_by_one
from benchmarks.environment import Environment, counted_statements
from benchmarks.layouts import Layout
from benchmarks.processes import free_port, http_client, wait_until_answering
from benchmarks.stream_clients import TEXT, graphql_clients, graphql_post
from benchmarks.subscribers import DeliveryLog, connected
from server.app import create_app
from server.http.protocols import SocketProtocol

FEW_SUBSCRIBERS = 10
COUNTED = 5
"""Messages whose SQL statements are counted."""


class ServerWithoutSignals(uvicorn.Server):
    """Leaves SIGINT and SIGTERM to the benchmark."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


async def count_statements(environment: Environment, layout: Layout) -> str:
    """Runs the server in this process, where its statements can be counted. Returns the result as a sentence."""
    app = create_app(environment.settings, environment.database_url)
    counts: dict[int, float] = {}
    port = free_port()
    config = uvicorn.Config(app, port=port, ws=SocketProtocol, ws_per_message_deflate=False, log_level="warning")
    server = ServerWithoutSignals(config)
    async with asyncio.TaskGroup() as tasks, http_client(port) as http:
        tasks.create_task(server.serve())
        await wait_until_answering(port)
        post = graphql_post(environment, layout, TEXT, http)
        number = 0
        for subscribers in (0, FEW_SUBSCRIBERS, layout.members):
            log = DeliveryLog(subscribers)
            clients = graphql_clients(environment, layout, TEXT, port, subscribers, since=number) if subscribers else []
            async with connected(clients, log):
                await send_one_by_one(range(number, number + 2), log, post)
                with counted_statements(app.state.pool) as statements:
                    await send_one_by_one(range(number + 2, number + 2 + COUNTED), log, post)
                number += 2 + COUNTED
                counts[subscribers] = len(statements) / COUNTED
        server.should_exit = True
    figures = ", ".join(f"{count:g} with {subscribers:,} subscribers" for subscribers, count in counts.items())
    return f"SQL statements per message, including those that write it: {figures}"
