"""Copying the stored files of an account into its archive."""

import asyncio
from collections.abc import Iterator, Sequence
from hashlib import file_digest
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

import orjson

from files.storage import FileMissing, FileStore
from transfer.manifest import FILE_LIST, FileContent, FileProblem, StoredFile, TableContent, stored_file
from transfer.new_file import NewFile
from transfer.progress import Progress
from transfer.tables import FILE_COLUMNS, FileColumn
from transfer.values import decode_bytes, encode

AT_ONCE = 8
"""How many files are copied at the same time."""

MISSING = "missing"
DIFFERENT = "its content is not that which was received"


class _NamedFile(NamedTuple):
    """A file that a row refers to. The size and the hash are known of some."""

    key: str
    byte_size: int | None
    sha256: bytes | None


async def copy_files(store: FileStore, folder: Path, tables: Sequence[TableContent], progress: Progress) -> FileContent:
    """Copies the files that the archive's rows refer to, and writes the list of them. Files that are there already
    remain as they are."""
    progress.stage("Copying files", sum(1 for _ in _named_files(folder, tables)))
    named = _named_files(folder, tables)
    count = byte_size = 0
    problems: list[FileProblem] = []
    with NewFile(folder / FILE_LIST) as list_:
        while some := list(islice(named, AT_ONCE)):
            for found in await asyncio.gather(*(_copy(store, folder, file) for file in some)):
                if isinstance(found, FileProblem):
                    problems.append(found)
                    continue
                list_.write(encode(found.model_dump()))
                count, byte_size = count + 1, byte_size + found.byte_size
            progress.advance(len(some))
    return FileContent(count=count, byte_size=byte_size, list_sha256=list_.sha256.hex(), problems=problems)


def _named_files(folder: Path, tables: Sequence[TableContent]) -> Iterator[_NamedFile]:
    for table in tables:
        columns = [column for column in FILE_COLUMNS if column.table == table.name]
        for part in table.parts if columns else ():
            with (folder / part.file).open("rb") as lines:
                for row in map(orjson.loads, lines):
                    for column in columns:
                        if row[column.column] is not None:
                            yield _named_file(row, column)


def _named_file(row: dict[str, Any], column: FileColumn) -> _NamedFile:
    byte_size = row[column.byte_size] if column.byte_size is not None else None
    sha256 = decode_bytes(row[column.sha256]) if column.sha256 is not None else None
    return _NamedFile(row[column.column], byte_size, sha256)


async def _copy(store: FileStore, folder: Path, named: _NamedFile) -> StoredFile | FileProblem:
    path = folder / stored_file(named.key)
    if path.exists():
        return _copied_before(path, named)
    try:
        with NewFile(path) as file:
            async for chunk in store.read(named.key):
                file.write(chunk)
            if named.sha256 is not None and (named.byte_size, named.sha256) != (file.byte_size, file.sha256):
                file.discard()
                return FileProblem(key=named.key, reason=DIFFERENT)
    except FileMissing:
        return FileProblem(key=named.key, reason=MISSING)
    return StoredFile(key=named.key, byte_size=file.byte_size, sha256=file.sha256.hex())


def _copied_before(path: Path, named: _NamedFile) -> StoredFile:
    """A file of which the hash is known had it when it was copied. Those without are small."""
    sha256 = named.sha256.hex() if named.sha256 is not None else sha256_of(path)
    return StoredFile(key=named.key, byte_size=path.stat().st_size, sha256=sha256)


def sha256_of(path: Path) -> str:
    with path.open("rb") as file:
        return file_digest(file, "sha256").hexdigest()
