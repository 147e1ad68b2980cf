"""Where the bytes of files are stored: in a directory, or in a bucket of an S3-compatible service."""

import asyncio
import hashlib
import io
from collections.abc import AsyncIterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, cast
from urllib.parse import parse_qsl, urlsplit
from urllib.request import url2pathname

from obstore.exceptions import BaseError
from obstore.store import LocalStore, S3Store

from files.stored_file import StoredFile

if TYPE_CHECKING:
    from obstore import GetOptions
    from obstore.store import ClientConfig, RetryConfig, S3Config

CHUNK_BYTES = 256 * 1024
"""The least size of the chunks of `read`, except the last. A chunk of a bucket can be as much larger as one read of its
connection."""

_PART_BYTES = 5 * 1024 * 1024
"""The size of the parts of an upload, which is the least that S3 accepts. At most two of them are being sent."""

_BUFFER_BYTES = 512 * 1024
"""What `open_file` requests at once."""

_CLIENT: "ClientConfig" = {
    "allow_http": True,  # for endpoints that are http:// URLs: the default endpoints are https://
    "connect_timeout": timedelta(seconds=5),
    "read_timeout": timedelta(seconds=30),
    "timeout": timedelta(hours=1),  # includes the time that a slow reader of `read` takes
}
_RETRY: "RetryConfig" = {"max_retries": 4, "retry_timeout": timedelta(seconds=30)}


class FileTooLarge(Exception):
    """The content is longer than the limit in bytes."""

    def __init__(self, byte_limit: int) -> None:
        super().__init__(f"more than {byte_limit} bytes")
        self.byte_limit = byte_limit


class FileMissing(LookupError):
    """The store has no file with this key."""


@dataclass(frozen=True)
class WrittenFile:
    byte_size: int
    sha256: bytes


class FileStore:
    """Files by key: a path of segments that are separated by `/` and contain neither `..` nor `#`."""

    def __init__(self, objects: LocalStore | S3Store) -> None:
        self._objects = objects

    @classmethod
    def open(cls, url: str) -> "FileStore":
        """`file:///directory` or the path of a directory, which is created if it is missing, or `s3://bucket/prefix`.
        What the query of an s3 URL does not set (`?region=…&endpoint=…`) comes from the variables AWS_… of the
        environment. Raises ValueError for any other URL."""
        return cls(_bucket(url) if url.startswith("s3://") else LocalStore(_directory(url), mkdir=True))

    async def write(self, key: str, chunks: AsyncIterator[bytes], byte_limit: int) -> WrittenFile:
        """Streams the chunks into the store. The file exists only if all of them arrived: an exception of the iterator,
        a failure of the store and a cancellation leave nothing behind. Raises FileTooLarge."""
        content = _Content(chunks, byte_limit)
        storing = asyncio.create_task(self._store(key, content))
        try:
            await asyncio.shield(storing)
        except asyncio.CancelledError:
            content.stop()
            await asyncio.wait([storing])
            raise
        return WrittenFile(content.byte_size, content.digest.digest())

    async def put(self, key: str, content: bytes) -> None:
        await self._objects.put_async(key, content, use_multipart=False)

    async def read(self, key: str, start: int = 0, end: int | None = None) -> AsyncIterator[bytes]:
        """Yields the bytes from `start` to before `end`, both within the file. Raises FileMissing."""
        if end is not None and start >= end:
            return
        options: GetOptions = {"range": (start, end)} if end is not None else {"range": {"offset": start}}
        try:
            # An empty file has no range.
            found = await self._objects.get_async(key, options=options if start or end is not None else None)
        except FileNotFoundError:
            raise FileMissing(key) from None
        async for chunk in found.stream(min_chunk_size=CHUNK_BYTES):
            yield chunk

    async def copy(self, source: str, target: str) -> None:
        """Copies a file within the store, without reading it here. Raises FileMissing."""
        try:
            await self._objects.copy_async(source, target)
        except FileNotFoundError:
            raise FileMissing(source) from None

    async def size(self, key: str) -> int:
        """Returns the size in bytes. Raises FileMissing."""
        try:
            return (await self._objects.head_async(key))["size"]
        except FileNotFoundError:
            raise FileMissing(key) from None

    async def delete(self, keys: Sequence[str]) -> None:
        """Deletes those of the files that exist."""
        try:
            await self._objects.delete_async(list(keys))
        except FileNotFoundError:  # a directory stops at the first that is missing
            for key in keys:
                with suppress(FileNotFoundError):
                    await self._objects.delete_async(key)

    def echo(self, key: str, content: bytes) -> bytes:
        """Writes a file, and returns what is read of it before it is deleted.

        The calls block. After an asynchronous one, a thread of obstore may still be about to take the interpreter's
        lock, and aborts a process that exits at that moment, as a command does."""
        self._objects.put(key, content, use_multipart=False)
        found = self._objects.get_range(key, start=0, end=len(content)).to_bytes()
        self._objects.delete(key)
        return found

    def open_file(self, key: str, byte_size: int) -> io.BufferedReader:
        """Returns the file for libraries that read from file objects. Its methods block, and raise FileMissing, so they
        are called in a thread."""

        def read_range(start: int, end: int) -> bytes:
            try:
                return self._objects.get_range(key, start=start, end=end).to_bytes()
            except FileNotFoundError:
                raise FileMissing(key) from None

        return io.BufferedReader(StoredFile(read_range, byte_size), _BUFFER_BYTES)

    async def _store(self, key: str, content: "_Content") -> None:
        """Runs in its own task, which is never cancelled: only when its content fails does the store remove the parts
        of an upload."""
        await self._objects.put_async(key, content, chunk_size=_PART_BYTES, max_concurrency=2)
        if content.is_stopped:
            await self.delete([key])


class _Content:
    """The chunks of an upload, counted and hashed when the store takes them."""

    def __init__(self, chunks: AsyncIterator[bytes], byte_limit: int) -> None:
        self.byte_size = 0
        self.digest = hashlib.sha256()
        self.is_stopped = False
        self._chunks = chunks
        self._byte_limit = byte_limit
        self._reading: asyncio.Task[object] | None = None

    def __aiter__(self) -> "_Content":
        return self

    async def __anext__(self) -> bytes:
        if self.is_stopped:
            raise asyncio.CancelledError
        self._reading = asyncio.current_task()
        chunk = await anext(self._chunks)
        self.byte_size += len(chunk)
        if self.byte_size > self._byte_limit:
            raise FileTooLarge(self._byte_limit)
        self.digest.update(chunk)
        return chunk

    def stop(self) -> None:
        """Makes the upload fail, even while it waits for a chunk."""
        self.is_stopped = True
        if self._reading is not None:
            self._reading.cancel()


def _directory(url: str) -> Path:
    if "://" not in url:
        return Path(url).absolute()
    parts = urlsplit(url)
    if parts.scheme != "file" or parts.netloc or len(parts.path) < 2:
        raise ValueError(f"{_shown(url)}: expected the path of a directory, file:///directory or s3://bucket/prefix")
    return Path(url2pathname(parts.path))


def _bucket(url: str) -> S3Store:
    parts = urlsplit(url)
    if not parts.netloc:
        raise ValueError(f"{_shown(url)}: expected the name of a bucket, as in s3://bucket/prefix")
    config = cast("S3Config", dict(parse_qsl(parts.query)))
    try:
        prefix = parts.path.strip("/") or None
        return S3Store(parts.netloc, prefix=prefix, config=config, client_options=_CLIENT, retry_config=_RETRY)
    except BaseError as error:
        raise ValueError(f"{_shown(url)}: {str(error).splitlines()[0]}") from None


def _shown(url: str) -> str:
    """Leaves out the query, which can contain credentials."""
    return f"files cannot be stored at {url.partition('?')[0]}"
