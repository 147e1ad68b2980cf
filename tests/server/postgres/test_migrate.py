"""Migrations: from an empty database to the newest schema, once, even if several processes start together."""

import asyncio
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from server.postgres.database import server_version, single_connection
from server.postgres.embedded import EmbeddedPostgres
from server.postgres.errors import DatabaseUnreachable
from server.postgres.migrate import LOCK, Revisions, current_and_head, drift, upgrade
from tests.support.waiting import until_true

UPGRADE = "import sys; from server.postgres.migrate import upgrade; upgrade(sys.argv[1])"


def test_the_migrations_create_the_schema_of_the_models(data_dir: Path) -> None:
    with EmbeddedPostgres(data_dir) as url:
        head = current_and_head(url).head
        assert head is not None
        assert current_and_head(url) == Revisions(None, head)
        upgrade(url)
        assert current_and_head(url) == Revisions(head, head)
        upgrade(url)
        drift(url)


def test_replicas_that_start_together_migrate_once(data_dir: Path) -> None:
    with EmbeddedPostgres(data_dir) as url:
        replicas = [subprocess.Popen([sys.executable, "-c", UPGRADE, url]) for _ in range(4)]
        assert [replica.wait(timeout=60) for replica in replicas] == [0, 0, 0, 0]
        revisions = current_and_head(url)
        assert revisions.current == revisions.head


async def test_a_replica_waits_for_the_one_that_migrates(data_dir: Path) -> None:
    with EmbeddedPostgres(data_dir) as url:
        async with single_connection(url) as connection:
            await connection.execute(text("SELECT pg_advisory_lock(:key)"), {"key": LOCK})
            replica = await asyncio.create_subprocess_exec(sys.executable, "-c", UPGRADE, url)
            await until_true(lambda: _waits_for_the_lock(connection), "the replica waits for the lock")
            assert replica.returncode is None
            assert await connection.scalar(text("SELECT to_regclass('alembic_version')")) is None
        assert await replica.wait() == 0


async def test_a_replica_on_a_migrated_database_takes_no_lock(data_dir: Path) -> None:
    with EmbeddedPostgres(data_dir) as url:
        await asyncio.to_thread(upgrade, url)
        async with single_connection(url) as connection:
            await connection.execute(text("SELECT pg_advisory_lock(:key)"), {"key": LOCK})
            async with asyncio.timeout(60):
                await asyncio.to_thread(upgrade, url)


async def _waits_for_the_lock(connection: AsyncConnection) -> bool:
    """Whether another connection has tried to take the lock."""
    trying = (
        "SELECT EXISTS (SELECT FROM pg_stat_activity"
        " WHERE query LIKE '%pg_try_advisory_lock%' AND pid <> pg_backend_pid())"
    )
    return bool(await connection.scalar(text(trying)))


def test_an_unreachable_database_is_reported_without_its_password(data_dir: Path) -> None:
    with EmbeddedPostgres(data_dir) as url:
        assert asyncio.run(server_version(url)).split(".")[0] >= "15"
    with pytest.raises(DatabaseUnreachable, match="cannot be reached") as unreachable:
        asyncio.run(server_version(url.replace("postgres@", "postgres:hidden@")))
    assert "hidden" not in str(unreachable.value)
