"""The environment of a benchmark: an empty, migrated database of its own and the real application."""

import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
from asyncpg.connection import LoggedQuery
from pydantic import SecretStr
from starlette.applications import Starlette

from benchmarks.subscribers import CONCURRENT_CONNECTS
from server.app import create_app
from server.identity.tokens import issue_token
from server.postgres.embedded import EmbeddedPostgres
from server.postgres.migrate import upgrade
from server.postgres.pool import ConnectionPool
from server.settings import Settings

Json = dict[str, Any]

BACKGROUND_STATEMENTS = ("\nFROM account_clocks", "presences", "_default", "FROM pg_class", "FROM search_backfills")
"""Fragments of the statements that the server executes at intervals, whether or not there are requests."""


LIMITS = {
    "unauthenticated_sockets_per_address": CONCURRENT_CONNECTS,
    "operations_burst": 1_000_000_000,
    "anonymous_operations_burst": 1_000_000_000,
    "requests_per_agent": 10_000,
    "sockets_per_agent": 10_000,
}
"""A benchmark sends more, for one agent and from one address, than a client should."""


@dataclass(frozen=True)
class Options:
    """The sizes given on the command line. `__main__` describes each."""

    messages: int
    channels: int
    rounds: int
    sockets: int
    posts: int


@dataclass(frozen=True)
class Environment:
    """A temporary database. It listens on a socket file only, not on a network."""

    options: Options
    settings: Settings
    database_url: str


def with_token_secret(environment: Environment) -> Environment:
    """Returns the environment with a token secret, which disables the server's demo."""
    settings = Settings(
        data_dir=environment.settings.data_dir,
        jwt_secret=SecretStr("a secret that only this benchmark uses"),
    )
    return Environment(environment.options, settings.model_copy(update=LIMITS), environment.database_url)


@contextmanager
def temporary_environment(options: Options) -> Iterator[Environment]:
    """Yields an environment. Removes the database afterwards, even if the benchmark fails."""
    with tempfile.TemporaryDirectory(prefix="internal-chat-bench-") as folder, EmbeddedPostgres(Path(folder)) as url:
        upgrade(url)
        settings = Settings(data_dir=Path(folder), email_worker=False)
        yield Environment(options, settings.model_copy(update=LIMITS), url)


@asynccontextmanager
async def running_app(environment: Environment) -> AsyncIterator[Starlette]:
    app = create_app(environment.settings, environment.database_url)
    async with app.router.lifespan_context(app):
        yield app


@asynccontextmanager
async def in_process_http(app: Starlette) -> AsyncIterator[httpx.AsyncClient]:
    """Yields a client that calls the application in this process, without a socket."""
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://chat.benchmark", timeout=60) as http:
        yield http


@dataclass(frozen=True)
class Client:
    """An agent's front end."""

    http: httpx.AsyncClient
    token: str

    @classmethod
    def of(cls, http: httpx.AsyncClient, settings: Settings, account_id: str, agent_id: str) -> "Client":
        return cls(http, issue_token(settings, account_id, agent_id, timedelta(hours=1)))

    async def execute(self, query: str, **variables: object) -> Json:
        """Returns the data. Raises RuntimeError on errors: a failed request would distort the measurement."""
        headers = {"authorization": f"Bearer {self.token}"}
        response = await self.http.post("/graphql", json={"query": query, "variables": variables}, headers=headers)
        answer: Json = response.json()
        if answer.get("errors"):
            raise RuntimeError(f"The request failed: {answer['errors']}")
        data: Json = answer["data"]
        return data


@contextmanager
def counted_statements(pool: ConnectionPool) -> Iterator[list[str]]:
    """Yields a list that collects the SQL statements executed inside the block, except those of background parts."""
    statements: list[str] = []

    def record(executed: LoggedQuery) -> None:
        if not any(fragment in executed.query for fragment in BACKGROUND_STATEMENTS):
            statements.append(executed.query)

    with pool.logging(record):
        yield statements
