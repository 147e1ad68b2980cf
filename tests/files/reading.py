"""What tests of stores and readers share."""

from collections.abc import AsyncIterator, Iterable
from pathlib import Path

from files.inspection import Inspection, inspect
from files.storage import FileStore

SAMPLES = Path(__file__).with_name("samples")


def sample(name: str) -> bytes:
    return (SAMPLES / name).read_bytes()


async def stream(parts: Iterable[bytes]) -> AsyncIterator[bytes]:
    for part in parts:
        yield part


async def content_of(store: FileStore, key: str, start: int = 0, end: int | None = None) -> bytes:
    return b"".join([chunk async for chunk in store.read(key, start, end)])


async def inspect_bytes(store: FileStore, content: bytes, declared: str = "", filename: str = "file") -> Inspection:
    await store.put("account/file", content)
    return await inspect(store, "account/file", len(content), declared, filename)
