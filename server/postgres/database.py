"""The PostgreSQL database of this process: the configured one, otherwise the embedded one."""

from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any

import asyncpg
from asyncpg.exceptions import InterfaceError, PostgresError
from sqlalchemy import make_url, text
from sqlalchemy.dialects.postgresql.asyncpg import dialect
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine
from sqlalchemy.pool import NullPool

from server.addresses import async_url
from server.background import Part
from server.postgres.embedded import EmbeddedPostgres
from server.postgres.errors import DatabaseUnreachable
from server.postgres.supervision import keep_running
from server.settings import Settings

OLDEST_VERSION = 15
CLOSE_SECONDS = 5.0


@dataclass(frozen=True)
class OpenedDatabase:
    url: str
    """A postgresql+asyncpg:// URL."""

    background_parts: Mapping[str, Part]
    """What must run beside a server that uses the database."""


@contextmanager
def open_database(settings: Settings) -> Iterator[OpenedDatabase]:
    """Yields the database. The embedded server is not stopped before the block ends."""
    if settings.database_url is not None:
        yield OpenedDatabase(settings.database_url, {})
        return
    server = EmbeddedPostgres(settings.data_dir)
    with server as url:
        yield OpenedDatabase(async_url(url), {"embedded_postgres": partial(keep_running, server)})


def driver_arguments(database_url: str) -> dict[str, Any]:
    """Returns the arguments of asyncpg.connect for this database."""
    _, arguments = dialect().create_connect_args(make_url(async_url(database_url)))
    return dict(arguments)


@asynccontextmanager
async def single_connection(database_url: str) -> AsyncIterator[AsyncConnection]:
    """Yields a connection for the few statements of a command; each statement is its own transaction. Raises
    DatabaseUnreachable."""
    engine = create_async_engine(async_url(database_url), poolclass=NullPool, isolation_level="AUTOCOMMIT")
    try:
        connection = await engine.connect()
    except (OSError, DBAPIError, ValueError, TypeError) as error:
        raise _unreachable(database_url, error) from None
    try:
        yield connection
    finally:
        await connection.close()
        await engine.dispose()


@asynccontextmanager
async def driver_connection(database_url: str, server_settings: Mapping[str, str]) -> AsyncIterator[asyncpg.Connection]:
    """Yields a connection of the driver, for the many rows of a command. Its statements can take any time. Raises
    DatabaseUnreachable."""
    arguments = driver_arguments(database_url) | {"server_settings": dict(server_settings)}
    try:
        connection = await asyncpg.connect(**arguments)
    except (OSError, PostgresError, InterfaceError, ValueError, TypeError) as error:
        raise _unreachable(database_url, error) from None
    try:
        yield connection
    finally:
        await connection.close(timeout=CLOSE_SECONDS)


async def server_version(database_url: str) -> str:
    """Raises DatabaseUnreachable if the server is older than OLDEST_VERSION."""
    async with single_connection(database_url) as connection:
        version = str(await connection.scalar(text("SHOW server_version")))
    if int(version.split(".")[0]) < OLDEST_VERSION:
        raise DatabaseUnreachable(f"PostgreSQL {version} is too old: {OLDEST_VERSION} or newer is needed.")
    return version


def _unreachable(database_url: str, error: Exception) -> DatabaseUnreachable:
    where = make_url(database_url).render_as_string(hide_password=True)
    reason = error.orig if isinstance(error, DBAPIError) else error
    return DatabaseUnreachable(f"The database at {where} cannot be reached: {reason}")
