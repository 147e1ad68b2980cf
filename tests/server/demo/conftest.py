"""The seeded demo, in a database of its own on the run's PostgreSQL."""

from collections.abc import AsyncIterator

import httpx
import pytest
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine

from server.addresses import async_url
from server.app import create_app
from server.demo import seed
from server.file_store import StoredFiles, open_files
from server.postgres.database import single_connection
from server.settings import Settings
from tests.support.api import Api
from tests.support.databases import migrated_database


@pytest.fixture(scope="session")
def files(settings: Settings) -> StoredFiles:
    return open_files(settings)


@pytest.fixture(scope="session")
async def demo_url(database_url: str, files: StoredFiles) -> str:
    url = await migrated_database(database_url, "demo")
    await seed(url, files)
    return url


@pytest.fixture(scope="package")
async def demo(demo_url: str, settings: Settings) -> AsyncIterator[Api]:
    app = create_app(settings, demo_url)
    async with app.router.lifespan_context(app):
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://chat.test", timeout=30) as http:
            engine = create_async_engine(async_url(demo_url))
            yield Api(http, settings, engine, app.state.hub, app.state.pools)
            await engine.dispose()


@pytest.fixture
async def connection(demo_url: str) -> AsyncIterator[AsyncConnection]:
    async with single_connection(demo_url) as connection:
        yield connection
