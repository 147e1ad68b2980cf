"""Exporting and importing accounts, and a second server to import them into."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import orjson
from rich.console import Console
from sqlalchemy.ext.asyncio import create_async_engine
from starlette.applications import Starlette

from chat.ports import Chat
from server.account_transfer import NoWakeUps
from server.addresses import async_url
from server.app import create_app
from server.clock import SystemClock
from server.file_store import open_files
from server.postgres.database import driver_connection
from server.postgres.migrate import head_revision
from server.postgres.pool import ConnectionPool
from server.settings import Settings
from sources.registry import build_sources
from tests.support.api import Api, ItemRegistry, Json
from transfer.exporting import export_account
from transfer.importing import import_account
from transfer.manifest import Manifest
from transfer.pages import SETTINGS
from transfer.progress import PlainProgress

SILENT = PlainProgress(Console(quiet=True))


@asynccontextmanager
async def served(settings: Settings, database_url: str, items: ItemRegistry) -> AsyncIterator[tuple[Starlette, Api]]:
    """Runs another server in this process."""
    app = create_app(settings, database_url, items)
    engine = create_async_engine(async_url(database_url))
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://moved.test", timeout=60) as http,
    ):
        yield app, Api(http, settings, engine, app.state.hub, app.state.pools, items)
    await engine.dispose()


def revision() -> str:
    head = head_revision()
    assert head is not None
    return head


async def export(settings: Settings, database_url: str, account_id: str, folder: Path) -> Manifest:
    store = open_files(settings).store
    async with driver_connection(database_url, SETTINGS) as connection:
        return await export_account(connection, store, folder, account_id, revision(), SILENT)


async def import_(settings: Settings, database_url: str, folder: Path) -> Manifest:
    files, pool = open_files(settings), ConnectionPool(database_url, 2)
    async with driver_connection(database_url, {}) as connection, pool.opened():
        chat = Chat(pool, SystemClock(), NoWakeUps(), build_sources({}, {}), files)
        return await import_account(connection, chat, files.store, folder, revision(), SILENT)


def exported_rows(folder: Path) -> dict[str, list[Json]]:
    """Returns the rows of an archive by table, in order, however they are divided into parts."""
    tables: dict[str, list[Json]] = {}
    for path in sorted((folder / "tables").rglob("*.jsonl")):
        tables.setdefault(path.parent.name, []).extend(map(orjson.loads, path.read_bytes().splitlines()))
    return tables


def exported_files(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in (folder / "files").rglob("*") if path.is_file()}
