"""The databases of a test run: copies of one migrated template, in one embedded PostgreSQL that all workers share."""

import asyncio
import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import make_url, text

from server.addresses import async_url
from server.postgres.database import single_connection
from server.postgres.embedded import EmbeddedPostgres
from server.postgres.migrate import upgrade


class Databases:
    """Creates databases with the newest schema. The template is the database that the embedded PostgreSQL comes with;
    nothing but the migration connects to it."""

    def __init__(self, folder: Path, template_url: str) -> None:
        self._lock = folder / "databases.lock"
        self._migrated = folder / "template.migrated"
        self._template = make_url(async_url(template_url))

    def create(self, name: str) -> str:
        """Returns the URL of a new database."""
        with exclusive(self._lock):
            if not self._migrated.exists():
                asyncio.run(self._trade_durability_for_speed())
                upgrade(self._url_of(str(self._template.database)))
                self._migrated.touch()
            asyncio.run(self._copy(name))
        return self._url_of(name)

    async def _trade_durability_for_speed(self) -> None:
        """The data need not survive a crash of the machine."""
        async with single_connection(self._url_of("postgres")) as connection:
            for setting in ("fsync", "full_page_writes", "synchronous_commit"):
                await connection.execute(text(f"ALTER SYSTEM SET {setting} = off"))
            await connection.execute(text("SELECT pg_reload_conf()"))

    async def _copy(self, name: str) -> None:
        async with single_connection(self._url_of("postgres")) as connection:
            await connection.execute(text(f'CREATE DATABASE "{name}" TEMPLATE "{self._template.database}"'))

    def _url_of(self, name: str) -> str:
        return self._template.set(database=name).render_as_string(hide_password=False)


async def empty_database(database_url: str, name: str) -> str:
    """Creates a database on the same PostgreSQL and returns its URL. Its name begins with that of the test process's
    own database."""
    name = f"{make_url(database_url).database}_{name}"
    async with single_connection(database_url) as connection:
        await connection.execute(text(f'CREATE DATABASE "{name}"'))
    return make_url(async_url(database_url)).set(database=name).render_as_string(hide_password=False)


async def migrated_database(database_url: str, name: str) -> str:
    url = await empty_database(database_url, name)
    await asyncio.to_thread(upgrade, url)
    return url


@contextmanager
def shared_databases(folder: Path) -> Iterator[Databases]:
    """Runs the embedded PostgreSQL of the folder. It stops when the last process that uses it leaves."""
    with EmbeddedPostgres(folder) as template_url:
        yield Databases(folder, template_url)


@contextmanager
def exclusive(lock: Path) -> Iterator[None]:
    """Waits until no other process of the run holds this lock, and holds it until the block ends."""
    with lock.open("ab") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
