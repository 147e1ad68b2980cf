"""Byte ranges of a file (RFC 9110, 14)."""

import re
from dataclasses import dataclass

_RANGE = re.compile(r"bytes=(?P<first>[0-9]{0,18})-(?P<last>[0-9]{0,18})")


@dataclass(frozen=True)
class ByteRange:
    """The bytes from `start` to before `end`, of a file of `size` bytes."""

    start: int
    end: int
    size: int

    @property
    def length(self) -> int:
        return self.end - self.start

    @property
    def content_range(self) -> str:
        return f"bytes {self.start}-{self.end - 1}/{self.size}"


class UnsatisfiableRange(Exception):
    """The range contains no byte of the file, which has this size."""

    def __init__(self, size: int) -> None:
        super().__init__(size)
        self.size = size


def requested_range(header: str | None, size: int) -> ByteRange | None:
    """Returns the range that a `Range` header requests. None if the whole file is sent: without a header, and for one
    that is malformed, has another unit or several ranges. Raises UnsatisfiableRange."""
    parts = _RANGE.fullmatch(header.replace(" ", "").lower()) if header is not None else None
    if parts is None or not (parts["first"] or parts["last"]):
        return None
    first, last = parts["first"], parts["last"]
    if not first:
        return _satisfiable(ByteRange(max(size - int(last), 0), size, size))
    if last and int(last) < int(first):
        return None
    return _satisfiable(ByteRange(int(first), min(int(last) + 1, size) if last else size, size))


def _satisfiable(found: ByteRange) -> ByteRange:
    if found.start >= found.size:
        raise UnsatisfiableRange(found.size)
    return found
