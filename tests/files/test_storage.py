"""A directory and a bucket behave alike."""

import asyncio
import hashlib
import os
import random
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from files.storage import CHUNK_BYTES, FileMissing, FileStore, FileTooLarge, WrittenFile
from tests.files.reading import content_of, stream
from tests.support.s3 import S3Server
from tests.support.waiting import until

MB = 1024 * 1024
CONTENT = random.Random(1).randbytes(12 * MB)
LIMIT = 100 * MB


@dataclass(frozen=True)
class Place:
    """Where a store writes."""

    store: FileStore
    contents: Callable[[], list[str]]
    """Returns the names of everything that is there, parts of uploads included."""


def directory_place(folder: Path) -> Place:
    def contents() -> list[str]:
        return [path.name for path in folder.rglob("*") if path.is_file()]

    return Place(FileStore.open(str(folder)), contents)


def bucket_place(server: S3Server) -> Place:
    bucket = server.create_bucket()

    def contents() -> list[str]:
        xml = bucket.objects() + bucket.uploads()
        return [part.partition("</Key>")[0].rpartition("/")[2] for part in xml.split("<Key>")[1:]]

    return Place(FileStore.open(bucket.url("some/prefix")), contents)


@pytest.fixture(params=["directory", "bucket"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    if request.param == "bucket":
        return bucket_place(request.getfixturevalue("s3"))
    return directory_place(tmp_path / "files of the chat")


def chunks(content: bytes, size: int = 100_000) -> AsyncIterator[bytes]:
    return stream(content[at : at + size] for at in range(0, len(content), size))


@pytest.mark.parametrize("size", [0, 1, 5 * MB, len(CONTENT)])
async def test_a_file_is_read_as_it_was_written(place: Place, size: int) -> None:
    content = CONTENT[:size]
    written = await place.store.write("account/a", chunks(content), LIMIT)
    assert written == WrittenFile(size, hashlib.sha256(content).digest())
    assert await content_of(place.store, "account/a") == content
    assert await place.store.size("account/a") == size
    assert place.contents() == ["a"]


async def test_empty_chunks_are_no_end(place: Place) -> None:
    written = await place.store.write("a", stream([b"", b"one", b"", b"two", b""]), LIMIT)
    assert written.byte_size == 6
    assert await content_of(place.store, "a") == b"onetwo"


async def test_writing_replaces_a_file(place: Place) -> None:
    await place.store.write("a", stream([b"first"]), LIMIT)
    await place.store.write("a", stream([b"second"]), LIMIT)
    assert await content_of(place.store, "a") == b"second"


@pytest.mark.parametrize(
    ("start", "end"), [(0, 1), (3, 10), (0, 12 * MB), (1, None), (12 * MB - 1, None), (5, 5), (6 * MB, 11 * MB)]
)
async def test_ranges(place: Place, start: int, end: int | None) -> None:
    await place.store.write("a", chunks(CONTENT), LIMIT)
    assert await content_of(place.store, "a", start, end) == CONTENT[start:end]


async def test_chunks_are_bounded(place: Place) -> None:
    await place.store.write("a", chunks(CONTENT), LIMIT)
    sizes = [len(chunk) async for chunk in place.store.read("a")]
    assert max(sizes) <= 4 * CHUNK_BYTES


async def test_as_many_bytes_as_the_limit_are_accepted(place: Place) -> None:
    assert (await place.store.write("a", chunks(CONTENT), len(CONTENT))).byte_size == len(CONTENT)


async def test_more_bytes_than_the_limit_leave_nothing_behind(place: Place) -> None:
    with pytest.raises(FileTooLarge) as error:
        await place.store.write("a", chunks(CONTENT), len(CONTENT) - 1)
    assert error.value.byte_limit == len(CONTENT) - 1
    assert place.contents() == []
    with pytest.raises(FileMissing):
        await place.store.size("a")


async def test_an_upload_that_fails_leaves_nothing_behind(place: Place) -> None:
    async def failing() -> AsyncIterator[bytes]:
        yield CONTENT
        raise ConnectionResetError("the client has left")

    with pytest.raises(ConnectionResetError, match="the client has left"):
        await place.store.write("a", failing(), LIMIT)
    assert place.contents() == []


async def test_an_upload_that_is_cancelled_while_it_waits_leaves_nothing_behind(place: Place) -> None:
    waiting = asyncio.Event()

    async def stalled() -> AsyncIterator[bytes]:
        yield CONTENT
        waiting.set()
        await asyncio.Event().wait()

    writing = asyncio.create_task(place.store.write("a", stalled(), LIMIT))
    await waiting.wait()
    writing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await writing
    assert place.contents() == []


async def test_an_upload_that_is_cancelled_at_any_moment_leaves_nothing_behind(place: Place) -> None:
    for turns in range(0, 120, 6):
        writing = asyncio.create_task(place.store.write("a", chunks(CONTENT), LIMIT))
        for _ in range(turns):
            await asyncio.sleep(0)
        writing.cancel()
        with pytest.raises(asyncio.CancelledError):
            await writing
        assert place.contents() == []


async def test_an_upload_that_is_cancelled_when_all_has_arrived_leaves_nothing_behind(place: Place) -> None:
    exhausted = asyncio.Event()

    async def content() -> AsyncIterator[bytes]:
        yield CONTENT
        exhausted.set()

    writing = asyncio.create_task(place.store.write("a", content(), LIMIT))
    await exhausted.wait()
    await asyncio.sleep(0)
    writing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await writing
    assert place.contents() == []


async def test_an_upload_that_is_cancelled_twice_still_ends(place: Place) -> None:
    waiting = asyncio.Event()

    async def stubborn() -> AsyncIterator[bytes]:
        yield CONTENT
        waiting.set()
        try:
            await asyncio.Event().wait()
        finally:
            await asyncio.sleep(0.05)

    writing = asyncio.create_task(place.store.write("a", stubborn(), LIMIT))
    await waiting.wait()
    for _ in range(2):
        writing.cancel()
        await asyncio.sleep(0)
    with pytest.raises(asyncio.CancelledError):
        await writing
    await until(lambda: place.contents() == [], "nothing is left")


async def test_small_files_are_put_at_once(place: Place) -> None:
    await place.store.put("account/thumbnail", b"small")
    assert await content_of(place.store, "account/thumbnail") == b"small"


async def test_missing_files(place: Place) -> None:
    with pytest.raises(FileMissing):
        await place.store.size("none")
    with pytest.raises(FileMissing):
        await content_of(place.store, "none")
    with pytest.raises(FileMissing):
        await content_of(place.store, "none", 3, 5)
    with pytest.raises(FileMissing):
        place.store.open_file("none", 5).read()


async def test_deleting_files_of_which_some_are_missing(place: Place) -> None:
    for key in ("account/a", "account/b", "account/c"):
        await place.store.put(key, b"content")
    await place.store.delete(["account/none", "account/a", "other/none", "account/c"])
    assert place.contents() == ["b"]
    await place.store.delete([])
    await place.store.delete(["account/none"])
    assert place.contents() == ["b"]


async def test_a_file_is_read_by_blocking_libraries(place: Place) -> None:
    await place.store.write("a", chunks(CONTENT), LIMIT)
    with place.store.open_file("a", len(CONTENT)) as file:
        assert file.read(10) == CONTENT[:10]
        assert file.seek(-7, os.SEEK_END) == len(CONTENT) - 7
        assert file.read() == CONTENT[-7:]
        assert file.read(1) == b""
        file.seek(5 * MB)
        file.seek(MB, os.SEEK_CUR)
        assert file.read(2 * MB) == CONTENT[6 * MB : 8 * MB]
        file.seek(2 * len(CONTENT))
        assert file.read(1) == b""
        with pytest.raises(OSError, match="before the beginning"):
            file.seek(-1 - len(CONTENT), os.SEEK_END)


async def test_files_are_streamed_in_bounded_memory(place: Place) -> None:
    """The memory is that of the process, because the store's buffers are not Python objects."""
    part = CONTENT[: MB // 4]
    await place.store.write("warm-up", stream([part] * 80), LIMIT)
    begun = _resident_bytes()
    peak = begun

    async def upload() -> AsyncIterator[bytes]:
        nonlocal peak
        for _ in range(400):
            yield part
            peak = max(peak, _resident_bytes())

    assert (await place.store.write("large", upload(), LIMIT)).byte_size == 100 * MB
    size = 0
    async for chunk in place.store.read("large"):
        size += len(chunk)
        peak = max(peak, _resident_bytes())
    assert size == 100 * MB
    assert peak - begun < 30 * MB


def _resident_bytes() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
