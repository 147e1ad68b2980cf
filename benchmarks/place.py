"""Where a bench happens: an empty, migrated database of its own and the real application on it."""

import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
from sqlalchemy import Connection, event
from sqlalchemy.ext.asyncio import AsyncEngine
from starlette.applications import Starlette

from server.app import create_app
from server.identity.tokens import issue_token
from server.postgres.embedded import EmbeddedPostgres
from server.postgres.migrate import upgrade
from server.settings import Settings

Json = dict[str, Any]


@dataclass(frozen=True)
class Options:
    """What the command line says: how much there is, and how often each thing is measured."""

    messages: int
    channels: int
    rounds: int
    sockets: int
    posts: int


@dataclass(frozen=True)
class Place:
    """The database lives in a temporary folder and answers on a socket file; nothing listens on a network."""

    options: Options
    settings: Settings
    database_url: str


@contextmanager
def empty_place(options: Options) -> Iterator[Place]:
    """Removes everything in the end, however the bench ends."""
    with tempfile.TemporaryDirectory(prefix="internal-chat-bench-") as folder, EmbeddedPostgres(Path(folder)) as url:
        upgrade(url)
        yield Place(options, Settings(data_dir=Path(folder)), url)


@asynccontextmanager
async def running_app(place: Place) -> AsyncIterator[Starlette]:
    app = create_app(place.settings, place.database_url)
    async with app.router.lifespan_context(app):
        yield app


@asynccontextmanager
async def front_door(app: Starlette) -> AsyncIterator[httpx.AsyncClient]:
    """HTTP without a socket: the application is called in this process, sign-in, GraphQL and JSON included."""
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://chat.bench", timeout=60) as http:
        yield http


@dataclass(frozen=True)
class Client:
    """An agent's front end."""

    http: httpx.AsyncClient
    token: str

    @classmethod
    def of(cls, http: httpx.AsyncClient, settings: Settings, account_id: str, agent_id: str) -> "Client":
        return cls(http, issue_token(settings, account_id, agent_id, timedelta(hours=1)))

    async def ask(self, query: str, **variables: object) -> Json:
        """Returns the data; an answer with errors ends the bench, since it would be fast for the wrong reason."""
        headers = {"authorization": f"Bearer {self.token}"}
        response = await self.http.post("/graphql", json={"query": query, "variables": variables}, headers=headers)
        answer: Json = response.json()
        if answer.get("errors"):
            raise RuntimeError(f"The chat answered with errors: {answer['errors']}")
        data: Json = answer["data"]
        return data


@contextmanager
def counted_statements(engine: AsyncEngine) -> Iterator[list[str]]:
    """Collects the SQL statements sent meanwhile."""
    sent: list[str] = []

    def note(_connection: Connection, _cursor: object, statement: str, *_: object) -> None:
        sent.append(statement)

    event.listen(engine.sync_engine, "before_cursor_execute", note)
    try:
        yield sent
    finally:
        event.remove(engine.sync_engine, "before_cursor_execute", note)
