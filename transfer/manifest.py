"""The format of an archive: the names of its files, and its manifest.

manifest.json                   what the archive contains, written last
tables/messages/000001.jsonl    rows, one a line, in the order of their keys
files.jsonl                     the stored files, one a line
files/0a/0a1b…                  their contents, by their keys in the storage
"""

import os
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path
from uuid import UUID

from pydantic import BaseModel, ConfigDict, ValidationError

from transfer.errors import TransferFailed

FORMAT = 1
MANIFEST = "manifest.json"
FILE_LIST = "files.jsonl"


class ArchiveModel(BaseModel):
    model_config = ConfigDict(frozen=True)


class Part(ArchiveModel):
    """A file with rows of a table."""

    file: str
    rows: int
    byte_size: int
    sha256: str


class TableContent(ArchiveModel):
    name: str
    rows: int
    parts: Sequence[Part]


class StoredFile(ArchiveModel):
    """A line of the list of files."""

    key: str
    byte_size: int
    sha256: str


class FileProblem(ArchiveModel):
    """A file that the archive does not have, although a row refers to it."""

    key: str
    reason: str


class FileContent(ArchiveModel):
    count: int
    byte_size: int
    list_sha256: str
    problems: Sequence[FileProblem]


class Snapshot(ArchiveModel):
    """The moment whose state of the account is exported, and the number of the account's last change then."""

    taken_at: datetime
    position: int


class Manifest(ArchiveModel):
    format: int
    archive_id: UUID
    program: str
    schema_revision: str
    account_id: str
    account_name: str
    started_at: datetime
    snapshot: Snapshot
    finished_at: datetime
    tables: Sequence[TableContent]
    left_out: dict[str, str]
    files: FileContent

    @property
    def parts(self) -> Iterator[tuple[str, Part]]:
        """Yields the parts of all tables, with the names of their tables."""
        for table in self.tables:
            for part in table.parts:
                yield table.name, part


class _Format(BaseModel):
    format: int


def part_file(table: str, number: int) -> str:
    return f"tables/{table}/{number:06}.jsonl"


def stored_file(key: str) -> str:
    """Raises ValueError for a key that is a path out of the folder."""
    segments = key.split("/")
    if not all(segments) or ".." in segments or "\\" in key:
        raise ValueError(f"{key!r} is not a key")
    return f"files/{key[:2]}/{key}"


def write_manifest(folder: Path, manifest: Manifest) -> None:
    replace_file(folder / MANIFEST, manifest.model_dump_json(indent=2).encode() + b"\n")


def read_manifest(folder: Path) -> Manifest:
    """Raises TransferFailed."""
    path = folder / MANIFEST
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        message = f"{folder} has no {MANIFEST}: it is not an archive, or its export is not complete."
        raise TransferFailed(message) from None
    try:
        found = _Format.model_validate_json(content).format
        if found > FORMAT:
            raise TransferFailed(
                f"The archive has the format {found}, and this version reads formats up to {FORMAT}: use a newer one."
            )
        return Manifest.model_validate_json(content)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"]))
        raise TransferFailed(f"{path} is not a manifest: {f'{where}: ' if where else ''}{first['msg']}.") from None


def replace_file(path: Path, content: bytes) -> None:
    """Writes the file so that it has either its old or its new content after a crash."""
    temporary = path.with_name(f"{path.name}.new")
    with temporary.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)
