"""Importing an archive into a database that does not have its account.

Each part is a transaction, which also records it, so an interrupted import continues with the part after the last one
that was committed. Until the import is complete, all agents of the account are inactive, no server works on it, and the
directory cannot change it. The transaction that completes it makes everything visible at once. Nothing is announced: no
stream can have been opened for the account.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from asyncpg import Connection
from asyncpg.exceptions import DataError, IntegrityConstraintViolationError

from chat.ports import Chat
from files.storage import FileStore
from transfer.errors import TransferFailed
from transfer.file_copies import sha256_of
from transfer.import_record import (
    ImportRecord,
    begin_import,
    find_record,
    record_indexing,
    record_part,
    remove_record,
)
from transfer.indexing import index_account
from transfer.loading import load_part, restore_part
from transfer.manifest import FILE_LIST, Manifest, Part, read_manifest
from transfer.progress import Progress
from transfer.stored_copies import store_files
from transfer.tables import IMPORTED_LAST, ExportedTable, exported_tables

CLOCK_ADVANCE = 131_072
"""How far the clock of the account is ahead of the exported one: clients of the old server may have seen more changes
than were exported, and their positions must not be taken for positions here. Streams from a position that is
further behind than this, or whose next change is not kept, answer RESYNC_REQUIRED."""

_ADVANCE_CLOCK = "UPDATE account_clocks SET change = change + $2 WHERE account_id = $1"
_BACKFILL = "INSERT INTO search_backfills (account_id, position) VALUES ($1, $2)"

INVALID_ROWS = (DataError, IntegrityConstraintViolationError, OverflowError, TypeError, ValueError)
"""What the database raises for values that are impossible together, and the driver for those that do not fit."""

LoadedPart = tuple[ExportedTable, Part]


async def import_account(
    connection: Connection, chat: Chat, store: FileStore, folder: Path, revision: str, progress: Progress
) -> Manifest:
    """Returns the manifest of the imported archive. Raises TransferFailed. If it was interrupted, it can be called
    again, and continues."""
    manifest = read_manifest(folder)
    parts = _parts(manifest, revision)
    _check_files(folder, manifest, progress)
    await begin_import(connection, manifest)
    account_import = _Import(connection, folder, manifest, parts, progress)
    await account_import.load_rows()
    await store_files(store, folder, manifest.files.count, progress)
    await account_import.begin_indexing()
    await index_account(connection, chat, manifest.account_id, account_import.message_count, progress)
    await account_import.analyze()
    await account_import.complete()
    return manifest


class _Import:
    def __init__(
        self, connection: Connection, folder: Path, manifest: Manifest, parts: Sequence[LoadedPart], progress: Progress
    ) -> None:
        self._connection = connection
        self._folder = folder
        self._manifest = manifest
        self._account_id = manifest.account_id
        self._parts = parts
        self._progress = progress

    @property
    def message_count(self) -> int:
        return sum(table.rows for table in self._manifest.tables if table.name == "messages")

    async def load_rows(self) -> None:
        """Writes the parts that are not recorded, except those that are written last."""
        next_part = (await self._record()).next_part
        self._progress.stage("Writing rows", sum(part.rows for _, part in self._parts))
        for number, (table, part) in enumerate(self._parts):
            if number >= next_part and table.name not in IMPORTED_LAST:
                async with self._connection.transaction():
                    is_held_back = await self._load(table, part)
                    await record_part(self._connection, self._account_id, number, is_held_back=is_held_back)
            self._progress.advance(part.rows)

    async def begin_indexing(self) -> None:
        """Lets the messages be indexed, by this process and by servers."""
        if (await self._record()).indexes:
            return
        await self.analyze()
        position = self._manifest.snapshot.position + CLOCK_ADVANCE
        async with self._connection.transaction():
            await self._connection.execute(_BACKFILL, self._account_id, position)
            await record_indexing(self._connection, self._account_id)

    async def complete(self) -> None:
        """Makes the account visible."""
        record = await self._record()
        self._progress.stage("Completing", len(record.held_back_parts))
        async with self._connection.transaction():
            for number in record.held_back_parts:
                table, part = self._parts[number]
                with self._refusals(part):
                    await restore_part(self._connection, self._folder, table, part)
                self._progress.advance()
            for table, part in self._parts:
                if table.name in IMPORTED_LAST:
                    await self._load(table, part)
            await self._connection.execute(_ADVANCE_CLOCK, self._account_id, CLOCK_ADVANCE)
            await remove_record(self._connection, self._account_id)

    async def analyze(self) -> None:
        """The planner has no statistics of the new rows."""
        names = [*(table.name for table in exported_tables()), "search_entries"]
        self._progress.stage("Analyzing tables", len(names))
        for name in names:
            await self._connection.execute(f"ANALYZE {name}")
            self._progress.advance()

    async def _load(self, table: ExportedTable, part: Part) -> bool:
        with self._refusals(part):
            return await load_part(self._connection, self._folder, table, part)

    @contextmanager
    def _refusals(self, part: Part) -> Iterator[None]:
        """Raises TransferFailed if the database refuses the part."""
        try:
            yield
        except INVALID_ROWS as error:
            reason = str(error).splitlines()[0].rstrip(".")
            raise TransferFailed(f"{self._folder / part.file}: the database refuses the rows: {reason}.") from None

    async def _record(self) -> ImportRecord:
        record = await find_record(self._connection, self._account_id)
        assert record is not None, "only the process that holds the lock removes the record"
        return record


def _parts(manifest: Manifest, revision: str) -> list[LoadedPart]:
    """Returns all parts in the order in which they are written. Raises TransferFailed for an archive of another schema,
    whose rows may mean something else."""
    if manifest.schema_revision != revision:
        raise TransferFailed(
            f"The archive has the schema revision {manifest.schema_revision}, and the database {revision}. Import it"
            f" with a version that has that revision, such as {manifest.program}, and upgrade afterwards."
        )
    parts = {content.name: content.parts for content in manifest.tables}
    return [(table, part) for table in exported_tables() for part in parts.get(table.name, ())]


def _check_files(folder: Path, manifest: Manifest, progress: Progress) -> None:
    """Raises TransferFailed if one of the archive's files of rows, or the list of files, is not the exported one."""
    sums = [(part.file, part.sha256) for _, part in manifest.parts]
    progress.stage("Checking the archive", len(sums) + 1)
    for name, sha256 in [*sums, (FILE_LIST, manifest.files.list_sha256)]:
        path = folder / name
        if not path.exists():
            raise TransferFailed(f"The archive has no file {path}.")
        if sha256_of(path) != sha256:
            raise TransferFailed(f"{path} is not the file that was exported: its checksum is different.")
        progress.advance()
