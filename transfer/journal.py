"""What an unfinished export has written, so that it can be continued: `progress.jsonl` in the folder of the archive."""

import fcntl
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO
from uuid import UUID, uuid4

from pydantic import ValidationError

from transfer.errors import TransferFailed
from transfer.manifest import FORMAT, MANIFEST, ArchiveModel, Part, Snapshot, part_file
from transfer.values import JsonValue

JOURNAL = "progress.jsonl"
OUTDATED = -1
"""The fingerprint of a page that must be written again. Others are not negative."""


class Header(ArchiveModel):
    """The first line of a journal."""

    format: int
    archive_id: UUID
    account_id: str
    schema_revision: str
    started_at: datetime


class Page(ArchiveModel):
    """The rows of a table whose keys are greater than `after` and at most `upto`, as they were when they were written.
    None: there is no bound. `fingerprint` is a hash of the rows, in any order."""

    table: str
    number: int
    after: Sequence[JsonValue] | None
    upto: Sequence[JsonValue] | None
    rows: int
    fingerprint: int
    byte_size: int
    sha256: str

    @property
    def file(self) -> str:
        return part_file(self.table, self.number)

    @property
    def outdated(self) -> "Page":
        return self.model_copy(update={"fingerprint": OUTDATED})

    @property
    def part(self) -> Part:
        return Part(file=self.file, rows=self.rows, byte_size=self.byte_size, sha256=self.sha256)


class _Line(ArchiveModel):
    """A line after the first: a page was written or is outdated, or all pages are those of this snapshot."""

    page: Page | None = None
    snapshot: Snapshot | None = None


class Journal:
    def __init__(self, folder: Path, file: BinaryIO, header: Header) -> None:
        self.folder = folder
        self.header = header
        self.snapshot: Snapshot | None = None
        self._file = file
        self._pages: dict[tuple[str, int], Page] = {}

    def pages(self, table: str) -> list[Page]:
        """Returns the pages of the table in the order of its keys."""
        return [page for (name, _), page in sorted(self._pages.items()) if name == table]

    def add(self, page: Page) -> None:
        """Before the file of a page is written again, the page must be added as outdated."""
        self._write(_Line(page=page))

    def complete(self, snapshot: Snapshot) -> None:
        self._write(_Line(snapshot=snapshot))

    def read(self, lines: Sequence[bytes]) -> None:
        """Applies the lines after the first. Raises ValidationError."""
        for line in lines:
            self._apply(_Line.model_validate_json(line))
        lost = [page for page in self._pages.values() if not _is_there(self.folder / page.file, page)]
        for page in lost:
            self._pages[page.table, page.number] = page.outdated
        self.snapshot = None if lost else self.snapshot

    def _write(self, line: _Line) -> None:
        self._apply(line)
        _append(self._file, line)

    def _apply(self, line: _Line) -> None:
        if line.page is not None:
            self._pages[line.page.table, line.page.number] = line.page
        self.snapshot = line.snapshot or self.snapshot


@contextmanager
def open_journal(folder: Path, account_id: str, schema_revision: str) -> Iterator[Journal]:
    """Yields the journal of the folder, or a new one if the folder is empty. Another process cannot open it meanwhile.
    Raises TransferFailed for a folder with anything else, or with an export that cannot be continued."""
    path = folder / JOURNAL
    if (folder / MANIFEST).exists():
        raise TransferFailed(f"{folder} has a complete archive already. Name a new folder.")
    if folder.exists() and not folder.is_dir():
        raise TransferFailed(f"{folder} is a file. Name a new folder.")
    if not path.exists() and folder.exists() and any(folder.iterdir()):
        raise TransferFailed(f"{folder} is not empty. Name a new folder.")
    folder.mkdir(parents=True, exist_ok=True)
    with path.open("ab+") as file:
        _lock(file, folder)
        journal = _read(folder, file) or _new(folder, file, account_id, schema_revision)
        _check(journal, account_id, schema_revision)
        yield journal


def _lock(file: BinaryIO, folder: Path) -> None:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise TransferFailed(f"Another process is exporting into {folder}.") from None


def _read(folder: Path, file: BinaryIO) -> Journal | None:
    """Returns the journal; None if not even its first line was written. A line that was not written completely is
    removed."""
    file.seek(0)
    complete = file.read().rpartition(b"\n")[0].splitlines(keepends=True)
    file.truncate(sum(map(len, complete)) + bool(complete))
    if not complete:
        return None
    try:
        journal = Journal(folder, file, Header.model_validate_json(complete[0]))
        journal.read(complete[1:])
    except ValidationError:
        message = f"{folder / JOURNAL} is damaged: the export cannot be continued. Name a new folder."
        raise TransferFailed(message) from None
    return journal


def _new(folder: Path, file: BinaryIO, account_id: str, schema_revision: str) -> Journal:
    header = Header(
        format=FORMAT,
        archive_id=uuid4(),
        account_id=account_id,
        schema_revision=schema_revision,
        started_at=datetime.now(UTC),
    )
    _append(file, header)
    return Journal(folder, file, header)


def _check(journal: Journal, account_id: str, schema_revision: str) -> None:
    header, folder = journal.header, journal.folder
    if header.format != FORMAT or header.schema_revision != schema_revision:
        raise TransferFailed(f"{folder} has an unfinished export of another version. Name a new folder.")
    if header.account_id != account_id:
        raise TransferFailed(f"{folder} has an unfinished export of the account {header.account_id}.")


def _is_there(path: Path, page: Page) -> bool:
    """Returns whether the page's file survived, too, if the machine crashed."""
    return page.rows == 0 or (path.exists() and path.stat().st_size == page.byte_size)


def _append(file: BinaryIO, line: ArchiveModel) -> None:
    file.write(line.model_dump_json().encode() + b"\n")
    file.flush()
    os.fsync(file.fileno())
