"""The demo is written once and completely, whoever else writes it and whatever interrupts it."""

import asyncio
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from files.storage import FileStore
from server.demo import player, seed
from server.file_store import StoredFiles
from server.postgres.database import single_connection
from tests.support.databases import migrated_database

TABLES = [
    "accounts",
    "agents",
    "teams",
    "channels",
    "members",
    "authors",
    "messages",
    "mentions",
    "reactions",
    "cards",
    "attachments",
    "personal_notes",
    "changes",
]


async def row_counts(connection: AsyncConnection) -> dict[str, int]:
    return {table: await connection.scalar(text(f"SELECT count(*) FROM {table}")) or 0 for table in TABLES}


def _stored(folder: Path) -> list[Path]:
    return list(folder.iterdir())


async def test_seeding_a_second_time_changes_nothing(
    files: StoredFiles, demo_url: str, connection: AsyncConnection
) -> None:
    before = await row_counts(connection)
    assert min(before.values()) > 0, before
    await seed(demo_url, files)
    assert await row_counts(connection) == before


async def test_concurrent_seeding_writes_the_demo_once(
    files: StoredFiles, database_url: str, connection: AsyncConnection
) -> None:
    url = await migrated_database(database_url, "demo_twice")
    await asyncio.gather(seed(url, files), seed(url, files))
    async with single_connection(url) as other:
        assert await row_counts(other) == await row_counts(connection)


async def test_interrupted_seeding_writes_nothing(
    database_url: str, connection: AsyncConnection, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    url = await migrated_database(database_url, "demo_interrupted")
    files = StoredFiles(FileStore.open(str(tmp_path)))

    async def interrupted(*_: object) -> None:
        assert _stored(tmp_path), "files are written before this"
        raise InterruptedError

    with monkeypatch.context() as patch:
        patch.setattr(player, "archive_channel", interrupted)
        with pytest.raises(InterruptedError):
            await seed(url, files)
    assert _stored(tmp_path) == []
    async with single_connection(url) as other:
        assert set((await row_counts(other)).values()) == {0}
        await seed(url, files)
        assert await row_counts(other) == await row_counts(connection)
