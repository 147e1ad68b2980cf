"""Servers that only these tests use and can break: PostgreSQL, Redis, and the chat."""

import asyncio
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from server.addresses import async_url
from server.postgres.migrate import upgrade
from tests.live.faults.proxy import Proxy
from tests.live.faults.replicas import Replicas, replicas
from tests.support.services import Postgres, RedisServer


@pytest.fixture(scope="session")
def folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="internal-chat-faults-") as path:
        yield Path(path)


@pytest.fixture(scope="session")
async def postgres(folder: Path) -> AsyncIterator[Postgres]:
    server = Postgres(folder)
    await server.start()
    await asyncio.to_thread(upgrade, server.url)
    yield server
    await server.stop()


@pytest.fixture(scope="session")
async def engine(postgres: Postgres) -> AsyncIterator[AsyncEngine]:
    """Connections that do not pass through a server of the chat."""
    engine = create_async_engine(async_url(postgres.url), pool_pre_ping=True, isolation_level="AUTOCOMMIT")
    yield engine
    await engine.dispose()


@pytest.fixture(scope="session")
async def redis() -> AsyncIterator[RedisServer]:
    server = RedisServer()
    await server.start()
    yield server
    await server.stop()


@pytest.fixture(scope="session")
async def wire(redis: RedisServer) -> AsyncIterator[Proxy]:
    """The network between the servers and Redis, which tests can break."""
    proxy = Proxy(lambda: asyncio.open_connection("127.0.0.1", redis.port))
    await proxy.start()
    yield proxy
    await proxy.stop()


@pytest.fixture(scope="session")
async def without_broker(folder: Path, postgres: Postgres, engine: AsyncEngine) -> AsyncIterator[Replicas]:
    """memory:// reaches one process only. The other server learns of changes from the accounts' clocks."""
    async with replicas(folder, postgres.url, engine, "memory://") as pair:
        yield pair


@pytest.fixture(scope="session")
async def on_postgres(folder: Path, postgres: Postgres, engine: AsyncEngine) -> AsyncIterator[Replicas]:
    async with replicas(folder, postgres.url, engine, "postgres://") as pair:
        yield pair


@pytest.fixture(scope="session")
async def on_redis(folder: Path, postgres: Postgres, engine: AsyncEngine, wire: Proxy) -> AsyncIterator[Replicas]:
    async with replicas(folder, postgres.url, engine, f"redis://127.0.0.1:{wire.port}") as pair:
        yield pair
