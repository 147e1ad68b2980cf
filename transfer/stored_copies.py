"""Writing the files of an archive into the storage."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from itertools import islice
from pathlib import Path

from pydantic import ValidationError

from files.storage import CHUNK_BYTES, FileMissing, FileStore
from transfer.errors import TransferFailed
from transfer.file_copies import AT_ONCE
from transfer.manifest import FILE_LIST, StoredFile, stored_file
from transfer.progress import Progress


async def store_files(store: FileStore, folder: Path, count: int, progress: Progress) -> None:
    """Writes the files that the storage does not have. Raises TransferFailed for one that is missing in the folder, or
    not the one that was exported."""
    progress.stage("Storing files", count)
    listed = _listed(folder)
    while some := list(islice(listed, AT_ONCE)):
        await asyncio.gather(*(_store(store, folder, file) for file in some))
        progress.advance(len(some))


def _listed(folder: Path) -> Iterator[StoredFile]:
    path = folder / FILE_LIST
    with path.open("rb") as lines:
        for number, line in enumerate(lines, 1):
            try:
                yield StoredFile.model_validate_json(line)
            except ValidationError as error:
                raise TransferFailed(f"{path}, line {number}: {error.errors()[0]['msg']}.") from None


async def _store(store: FileStore, folder: Path, file: StoredFile) -> None:
    path = _path(folder, file)
    if await _is_stored(store, file):
        return
    if not path.exists():
        raise TransferFailed(f"The archive has no file {path}.")
    if path.stat().st_size != file.byte_size:
        raise _different(path)
    written = await store.write(file.key, _chunks(path), file.byte_size)
    if written.sha256.hex() != file.sha256:
        await store.delete([file.key])
        raise _different(path)


def _path(folder: Path, file: StoredFile) -> Path:
    try:
        return folder / stored_file(file.key)
    except ValueError as error:
        raise TransferFailed(f"{folder / FILE_LIST}: {error}.") from None


async def _is_stored(store: FileStore, file: StoredFile) -> bool:
    """A file that was not written completely does not exist. Keys are random: one with the key is the same file."""
    try:
        return await store.size(file.key) == file.byte_size
    except FileMissing:
        return False


async def _chunks(path: Path) -> AsyncIterator[bytes]:
    """Reads in this thread: the chunks are small, and nothing else is waiting."""
    file = path.open("rb")
    try:
        while chunk := file.read(CHUNK_BYTES):
            yield chunk
    finally:
        file.close()


def _different(path: Path) -> TransferFailed:
    return TransferFailed(f"{path} is not the file that was exported: its size or its checksum is different.")
