"""A file of a store as a file object."""

import io
from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer


class StoredFile(io.RawIOBase):
    """Reads ranges when they are needed."""

    def __init__(self, read_range: Callable[[int, int], bytes], byte_size: int) -> None:
        self._read_range = read_range
        self._byte_size = byte_size
        self._position = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        origin = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self._byte_size}[whence]
        if origin + offset < 0:
            raise OSError("a position before the beginning of the file")
        self._position = origin + offset
        return self._position

    def readinto(self, buffer: "WriteableBuffer") -> int:
        target = memoryview(buffer).cast("B")
        end = min(self._position + len(target), self._byte_size)
        if end <= self._position:
            return 0
        content = self._read_range(self._position, end)
        target[: len(content)] = content
        self._position += len(content)
        return len(content)
