"""A database with its files, and a server on them."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx
from sqlalchemy import make_url, text
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine

from models import metadata
from notifications.timing import EmailTiming
from notifications.worker import EmailWorker
from server.addresses import async_url
from server.postgres.database import single_connection
from server.postgres.pool import ConnectionPool
from server.settings import Settings
from sources.config import DEMO_SOURCES
from tests.notifications.office import Inbox, MovableClock, PlainComposer
from tests.support.api import Api
from tests.support.services import SECRET, ServerProcess

SOURCES = "{" + ", ".join(f'"{kind}": {{"type": "demo"}}' for kind in DEMO_SOURCES) + "}"
TIMING = EmailTiming()


@dataclass(frozen=True)
class Served:
    server: ServerProcess
    api: Api


@dataclass(frozen=True)
class Copy:
    url: str
    files: Path
    clock: MovableClock = field(default_factory=MovableClock)

    @property
    def libpq_url(self) -> str:
        return make_url(self.url).set(drivername="postgresql").render_as_string(hide_password=False)

    async def execute(self, *statements: str) -> None:
        async with single_connection(self.url) as connection:
            for statement in statements:
                await connection.execute(text(statement))

    async def contents(self) -> dict[str, tuple[int, str]]:
        """Returns the number of rows of each table, and their checksum."""
        async with single_connection(self.url) as connection:
            return {name: await _contents(connection, name) for name in metadata.tables}

    async def emails(self) -> list[str]:
        """Returns the recipients of the e-mails that a worker sends from this database when they are due."""
        pool, inbox = ConnectionPool(self.url), Inbox()
        worker = EmailWorker(pool, self.clock, [inbox], PlainComposer(), TIMING)
        async with pool.opened():
            while (await worker.send_due()).found_work:
                pass
        return sorted(email["To"] for email in inbox.emails)

    @asynccontextmanager
    async def served(self, folder: Path) -> AsyncIterator[Served]:
        settings = {
            "CHAT_FILES_URL": str(self.files),
            "CHAT_EMAIL_WORKER": "false",
            "CHAT_EMAIL_DELAY_SECONDS": "0",
            "CHAT_PUBLIC_URL": "https://chat.example",
            "CHAT_SOURCES": SOURCES,
        }
        server = ServerProcess(folder, self.url, "memory://", **settings)
        engine = create_async_engine(async_url(self.url))
        await server.start()
        try:
            async with httpx.AsyncClient(base_url=server.url, timeout=30) as http:
                yield Served(server, Api(http, Settings(jwt_secret=SECRET), engine))
        finally:
            await engine.dispose()
            await server.stop()


async def _contents(connection: AsyncConnection, table: str) -> tuple[int, str]:
    query = f"SELECT count(*), md5(coalesce(string_agg(row::text, chr(10) ORDER BY row::text), '')) FROM {table} AS row"
    rows, checksum = (await connection.execute(text(query))).one()
    return rows, checksum
