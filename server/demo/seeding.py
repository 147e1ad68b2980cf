"""Writes the demo to a database, once and completely."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime

import asyncpg

from chat.ports import Files, FilesUnavailable, WrittenFile
from models.database import Connection
from models.statements import sql
from server.demo.loading import load_accounts, load_items
from server.demo.player import Player
from server.demo.timeline import midnight_before, steps
from server.file_store import StoredFiles
from server.postgres.database import driver_arguments
from sources.config import DEMO_SOURCES
from sources.registry import build_sources

_SEEDED = sql("SELECT EXISTS (SELECT FROM accounts WHERE account_id = '1')")
_ONE_AT_A_TIME = sql("SELECT pg_advisory_xact_lock(hashtextextended('internal-chat demo', 0))")


async def seed(database_url: str, files: StoredFiles) -> None:
    """Writes the demo unless account "1" exists.

    The whole demo is one transaction, which all operations share. So account "1" becomes visible together with
    everything else, and a failure leaves nothing behind. Of two processes that seed at the same time, the second waits
    and then finds account "1".
    """
    connection = await asyncpg.connect(**driver_arguments(database_url))
    try:
        async with connection.transaction():
            if await _is_seeded(connection):
                return
            await _ONE_AT_A_TIME.fetch(connection)
            if not await _is_seeded(connection):
                await _write_or_delete(connection, _RecordedFiles(files.store))
    finally:
        await connection.close()


async def _write_or_delete(connection: Connection, files: "_RecordedFiles") -> None:
    """Deletes the files after a failure: the list of unused files is then rolled back with everything else."""
    try:
        await write_demo(connection, files, datetime.now(UTC))
    except BaseException:
        with suppress(FilesUnavailable):
            await files.delete(sorted(files.written_keys))
        raise


async def write_demo(connection: Connection, files: Files, now: datetime) -> None:
    """Writes all accounts of the demo, whose last events are on the day before `now`. Raises ContentError."""
    sources = build_sources(DEMO_SOURCES, load_items())
    midnight = midnight_before(now)
    for account in load_accounts():
        founded = midnight + account.directory.founded
        player = Player(_OneTransaction(connection), account.directory, sources, files, founded)
        await player.found()
        await player.play(steps(account, midnight))


@dataclass(frozen=True)
class _OneTransaction:
    """A database whose operations are all part of the transaction that the connection is in."""

    joined: Connection

    @asynccontextmanager
    async def connection(self, account_id: str | None) -> AsyncIterator[Connection]:
        yield self.joined

    @asynccontextmanager
    async def transaction(self, account_id: str | None) -> AsyncIterator[Connection]:
        yield self.joined


@dataclass(frozen=True)
class _RecordedFiles(StoredFiles):
    """Records the keys of the files that are written."""

    written_keys: set[str] = field(default_factory=set)

    async def write(self, key: str, chunks: AsyncIterator[bytes], byte_limit: int) -> WrittenFile:
        self.written_keys.add(key)
        return await super().write(key, chunks, byte_limit)

    async def put(self, key: str, content: bytes) -> None:
        self.written_keys.add(key)
        await super().put(key, content)


async def _is_seeded(connection: Connection) -> bool:
    return bool((await _SEEDED.fetch(connection))[0][0])
