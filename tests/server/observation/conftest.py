"""A server in a process of its own, whose log, metrics and traces the tests read."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy.ext.asyncio import create_async_engine

from server.addresses import async_url
from server.settings import Settings
from tests.server.observation.collector import Collector, running_collector
from tests.sources.processes import closed_port_url, running
from tests.support.api import Account, Api
from tests.support.databases import Databases
from tests.support.services import SECRET, ServerProcess
from tests.support.waiting import until

Json = dict[str, Any]


@dataclass(frozen=True)
class ObservedServer:
    process: ServerProcess
    http: httpx.AsyncClient
    collector: Collector
    account: Account
    module_url: str
    """The source module of deals and tasks."""

    async def share(self, kind: str, headers: dict[str, str] | None = None) -> None:
        """Shares an item of the source module in a new channel, as ana."""
        channel = await self.account.ana.create_channel()
        send = (
            "mutation Share($input: SendChatMessageInput!) { sendChatMessage(input: $input) { userErrors { code } } }"
        )
        card = {"kind": kind, "id": "77"}
        answer = await self.post(send, headers, input={"channelId": channel, "cards": [card]})
        assert "errors" not in answer.json(), answer.text

    async def post(self, query: str, headers: dict[str, str] | None = None, **variables: object) -> httpx.Response:
        """Sends a request as ana."""
        sent = {"authorization": f"Bearer {self.account.ana.token}", **(headers or {})}
        return await self.http.post("/graphql", json={"query": query, "variables": variables}, headers=sent)

    def lines(self, request_id: str) -> list[Json]:
        events: list[Json] = [orjson.loads(line) for line in self.process.log_lines()]
        return [event for event in events if event.get("request_id") == request_id]

    async def line(self, request_id: str, event: str = "operation") -> Json:
        """Returns the line about the end of a request, which may be written after its answer."""

        def found() -> list[Json]:
            return [line for line in self.lines(request_id) if line["event"] == event]

        await until(lambda: bool(found()), f"a log line for {request_id}")
        (line,) = found()
        return line

    async def samples(self) -> dict[tuple[str, frozenset[tuple[str, str]]], float]:
        """Returns the metrics: their values by name and labels."""
        answer = await self.http.get("/metrics")
        assert answer.status_code == 200
        return {
            (sample.name, frozenset(sample.labels.items())): sample.value
            for family in text_string_to_metric_families(answer.text)
            for sample in family.samples
        }

    async def value(self, name: str, **labels: str) -> float:
        """Returns the sum of the samples that have these labels, among others."""
        found = (await self.samples()).items()
        return sum(value for (sample, has), value in found if sample == name and labels.items() <= dict(has).items())


@pytest.fixture(scope="session")
async def server(
    databases: Databases, tmp_path_factory: pytest.TempPathFactory, worker_id: str
) -> AsyncIterator[ObservedServer]:
    folder: Path = tmp_path_factory.mktemp("observed")
    url = await asyncio.to_thread(databases.create, f"observed_{worker_id}")
    with running_collector() as collector, running("tests.server.observation.source_module:app") as module:
        sources = {kind: {"type": "http", "url": f"{module}/", "secret": SECRET} for kind in ("DEAL", "TASK")}
        process = ServerProcess(
            folder,
            url,
            "memory://",
            CHAT_SOURCES=orjson.dumps(sources).decode(),
            CHAT_SMTP_URL=closed_port_url().replace("http://", "smtp://"),
            CHAT_EMAIL_FROM="chat@example.com",
            OTEL_EXPORTER_OTLP_ENDPOINT=collector.url,
            OTEL_BSP_SCHEDULE_DELAY="100",
        )
        await process.start()
        engine = create_async_engine(async_url(url))
        async with httpx.AsyncClient(base_url=process.url, timeout=30) as http:
            api = Api(http, Settings(data_dir=folder, jwt_secret=SECRET), engine)
            yield ObservedServer(process, http, collector, await api.create_account(), module)
        await engine.dispose()
        await process.stop()
