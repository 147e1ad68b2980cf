"""Exporting an account into a folder.

The rows are written page by page, and the journal has a fingerprint of each page. That can take long, be interrupted
and be continued, and the account changes meanwhile. So at the end, in one transaction with one snapshot, the
fingerprints of all pages are compared with the database, and those that differ are written again. The archive is the
state of the account in that snapshot, whatever happened before: no statement has to know which writes exist.
"""

from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from asyncpg import Connection

from files.storage import FileStore
from transfer.errors import TransferFailed
from transfer.file_copies import copy_files
from transfer.journal import JOURNAL, Journal, Page, open_journal
from transfer.manifest import FORMAT, FileContent, Manifest, Snapshot, TableContent, write_manifest
from transfer.page_files import write_page
from transfer.pages import PAGE_ROWS, Key, Range, count_rows, fingerprint
from transfer.progress import Progress
from transfer.tables import LEFT_OUT, ExportedTable, exported_tables

PROGRAM = "internal-chat"


async def export_account(
    connection: Connection, store: FileStore, folder: Path, account_id: str, revision: str, progress: Progress
) -> Manifest:
    """Returns the manifest of the complete archive. Raises TransferFailed. Afterwards, and if it was interrupted, it
    can be called again with the same folder, and continues."""
    name = await connection.fetchval("SELECT name FROM accounts WHERE account_id = $1", account_id)
    if name is None:
        raise TransferFailed(f"The database has no account {account_id}.")
    await _refuse_import(connection, account_id)
    with open_journal(folder, account_id, revision) as journal:
        export = _Export(connection, account_id, journal, progress)
        if journal.snapshot is None:
            await export.write_pages()
            await export.compare_pages()
        assert journal.snapshot is not None
        tables = [_content(journal, table) for table in exported_tables()]
        files = await copy_files(store, folder, tables, progress)
        manifest = _manifest(journal, journal.snapshot, name, tables, files)
        write_manifest(folder, manifest)
        (folder / JOURNAL).unlink()
    return manifest


class _Export:
    """The export of the rows of an account."""

    def __init__(self, connection: Connection, account_id: str, journal: Journal, progress: Progress) -> None:
        self._connection = connection
        self._account_id = account_id
        self._journal = journal
        self._progress = progress

    async def write_pages(self) -> None:
        """Writes the pages that the journal does not have. Each of them is consistent in itself."""
        counts = [await count_rows(self._connection, self._account_id, table) for table in exported_tables()]
        self._progress.stage("Writing rows", sum(counts))
        for table in exported_tables():
            pages = self._journal.pages(table.name)
            self._progress.advance(sum(page.rows for page in pages))
            if not pages or pages[-1].upto is not None:
                after = pages[-1].upto if pages else None
                async for page in self._write_rest(table, after, len(pages) + 1):
                    self._progress.advance(page.rows)

    async def compare_pages(self) -> None:
        """Writes the pages again that are not equal to the database, in one snapshot."""
        pages = [(table, page) for table in exported_tables() for page in self._journal.pages(table.name)]
        self._progress.stage("Comparing rows with a snapshot", sum(page.rows for _, page in pages))
        async with self._connection.transaction(isolation="repeatable_read", readonly=True):
            position = await self._connection.fetchval(
                "SELECT change FROM account_clocks WHERE account_id = $1", self._account_id
            )
            taken_at = datetime.now(UTC)
            for table, page in pages:
                await self._compare(table, page)
                self._progress.advance(page.rows)
        self._journal.complete(Snapshot(taken_at=taken_at, position=position or 0))

    async def _compare(self, table: ExportedTable, page: Page) -> None:
        range_ = Range(page.after, page.upto)
        found = await fingerprint(self._connection, self._account_id, table, range_)
        if found == (page.rows, page.fingerprint):
            return
        self._journal.add(page.outdated)
        if page.upto is not None:
            await self._write_page(table, range_, page.number)
            return
        async for _ in self._write_rest(table, page.after, page.number):
            pass

    async def _write_rest(self, table: ExportedTable, after: Key | None, number: int) -> AsyncIterator[Page]:
        """Writes the pages after this key, and yields them."""
        while True:
            page = await self._write_page(table, Range(after, None), number, PAGE_ROWS)
            yield page
            if page.upto is None:
                return
            after, number = page.upto, number + 1

    async def _write_page(self, table: ExportedTable, range_: Range, number: int, limit: int | None = None) -> Page:
        folder = self._journal.folder
        page = await write_page(self._connection, self._account_id, folder, table, range_, number, limit)
        self._journal.add(page)
        return page


async def _refuse_import(connection: Connection, account_id: str) -> None:
    statement = "SELECT EXISTS (SELECT FROM account_imports WHERE account_id = $1)"
    if await connection.fetchval(statement, account_id):
        raise TransferFailed(f"The import of the account {account_id} is not complete: complete it first.")


def _content(journal: Journal, table: ExportedTable) -> TableContent:
    parts = [page.part for page in journal.pages(table.name) if page.rows]
    return TableContent(name=table.name, rows=sum(part.rows for part in parts), parts=parts)


def _manifest(
    journal: Journal, snapshot: Snapshot, account_name: str, tables: Sequence[TableContent], files: FileContent
) -> Manifest:
    header = journal.header
    return Manifest(
        format=FORMAT,
        archive_id=header.archive_id,
        program=f"{PROGRAM} {version(PROGRAM)}",
        schema_revision=header.schema_revision,
        account_id=header.account_id,
        account_name=account_name,
        started_at=header.started_at,
        snapshot=snapshot,
        finished_at=datetime.now(UTC),
        tables=tables,
        left_out=dict(LEFT_OUT),
        files=files,
    )
