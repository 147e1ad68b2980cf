"""The storage of files, as the settings configure it. Implements chat.ports.Files."""

from collections.abc import AsyncGenerator, AsyncIterator, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from secrets import token_bytes, token_hex

import structlog
from obstore.exceptions import BaseError

from chat.ports import FileFacts, FilesUnavailable, InspectedFile, WrittenFile
from files.inspection import inspect, square_thumbnail
from files.storage import FileMissing, FileStore
from server.misconfigured import Misconfigured
from server.settings import Settings

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class StoredFiles:
    store: FileStore

    async def write(self, key: str, chunks: AsyncIterator[bytes], byte_limit: int) -> WrittenFile:
        with _failures():
            written = await self.store.write(key, chunks, byte_limit)
        return WrittenFile(written.byte_size, written.sha256)

    async def put(self, key: str, content: bytes) -> None:
        with _failures():
            await self.store.put(key, content)

    async def read(self, key: str, start: int, end: int) -> AsyncGenerator[bytes, None]:
        """Yields the bytes from `start` to before `end`. Raises FileMissing."""
        with _failures():
            async for chunk in self.store.read(key, start, end):
                yield chunk

    async def size(self, key: str) -> int:
        """Raises FileMissing."""
        with _failures():
            return await self.store.size(key)

    async def inspect(self, key: str, byte_size: int, content_type: str, filename: str) -> InspectedFile:
        try:
            with _failures():
                found = await inspect(self.store, key, byte_size, content_type, filename)
        except FileMissing as missing:
            raise FilesUnavailable from missing  # The storage has lost what was written a moment ago.
        facts = FileFacts(
            kind=found.kind,
            content_type=found.content_type,
            width=found.width,
            height=found.height,
            duration_ms=found.duration_ms,
            waveform=found.waveform,
        )
        return InspectedFile(facts, found.thumbnail, found.cleaned)

    async def square_thumbnail(self, key: str) -> bytes | None:
        with _failures(), suppress(FileMissing):
            return await square_thumbnail(self.store, key)
        return None

    async def copy(self, source: str, target: str) -> None:
        with _failures(), suppress(FileMissing):
            await self.store.copy(source, target)

    async def delete(self, keys: Sequence[str]) -> None:
        with _failures():
            await self.store.delete(keys)


def open_files(settings: Settings) -> StoredFiles:
    """Raises Misconfigured."""
    try:
        return StoredFiles(FileStore.open(settings.files_address))
    except (ValueError, OSError, BaseError) as error:
        raise Misconfigured(f"CHAT_FILES_URL is refused: {error}.") from None


def check_storage(files: StoredFiles) -> None:
    """Writes, reads and deletes a small file. Raises FilesUnavailable, also if the storage returns other bytes."""
    content = token_bytes(16)
    with _failures():
        found = files.store.echo(f"check-{token_hex(16)}", content)
    if found != content:
        raise FilesUnavailable


@contextmanager
def _failures() -> Iterator[None]:
    """Raises FilesUnavailable for a failure of the storage."""
    try:
        yield
    except (BaseError, OSError) as error:
        log.warning("storage_failed", error=type(error).__name__)
        raise FilesUnavailable from error
