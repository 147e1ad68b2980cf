"""Tracks and duration of WebM and Matroska files.

Chrome writes what it records as a live stream: the sizes of the segment and of its clusters are unknown, and there is
no duration. The duration is then the end of the last block.
"""

import io
import struct
from collections.abc import Iterator
from typing import BinaryIO, NamedTuple

from files.recordings import BrokenFile, Recording, believable

ELEMENT_LIMIT = 1_000_000
"""How many elements are read. A recording of five hours has as many blocks of 20 ms."""

_LEAF_BYTES = 16
"""What is read of an element without children. The rest of a block is its sound or picture."""


class _Id:
    EBML = 0x1A45DFA3
    DOC_TYPE = 0x4282
    SEGMENT = 0x18538067
    INFO = 0x1549A966
    TIMESTAMP_SCALE = 0x2AD7B1
    DURATION = 0x4489
    TRACKS = 0x1654AE6B
    TRACK_ENTRY = 0xAE
    TRACK_TYPE = 0x83
    CLUSTER = 0x1F43B675
    CLUSTER_TIMESTAMP = 0xE7
    SIMPLE_BLOCK = 0xA3
    BLOCK_GROUP = 0xA0
    BLOCK = 0xA1


_CONTAINERS = {_Id.EBML, _Id.SEGMENT, _Id.INFO, _Id.TRACKS, _Id.TRACK_ENTRY, _Id.CLUSTER, _Id.BLOCK_GROUP}
_VIDEO, _AUDIO = 1, 2


class _Number(NamedTuple):
    """A number of variable length, whose leading bits are its length."""

    with_length: int
    bits: int

    @property
    def value(self) -> int:
        return self.with_length & (1 << self.bits) - 1

    @property
    def is_unknown(self) -> bool:
        """Whether it is the size of an element that is being written."""
        return self.value == (1 << self.bits) - 1


class _Element(NamedTuple):
    id: int
    content: bytes
    """The first bytes. Empty for an element with children, which are the elements that follow it."""


class _Clock:
    """The end of the latest block, in ticks: its length is taken to be that of the block before it."""

    def __init__(self) -> None:
        self.cluster = 0
        self._latest = 0
        self._length = 0

    def add(self, block: bytes) -> None:
        """Reads the time of a block, which follows the number of its track and is relative to the cluster's."""
        at = _length_of_number(block[0]) if block else 0
        if len(block) < at + 2:
            raise BrokenFile("a block without a time")
        time = self.cluster + int.from_bytes(block[at : at + 2], signed=True)
        if time > self._latest:
            self._latest, self._length = time, time - self._latest

    @property
    def end(self) -> int:
        return self._latest + self._length


def read_webm(file: BinaryIO) -> Recording:
    """Reads up to the first cluster, or the whole file if it states no duration. Raises BrokenFile."""
    doc_type = b""
    track_types = set[int]()
    nanoseconds_per_tick, duration = 1_000_000, 0.0
    clock = _Clock()
    for id, content in _elements(file):
        match id:
            case _Id.DOC_TYPE:
                doc_type = content.rstrip(b"\0")
            case _Id.TIMESTAMP_SCALE:
                nanoseconds_per_tick = int.from_bytes(content)
            case _Id.DURATION:
                duration = _float(content)
            case _Id.TRACK_TYPE:
                track_types.add(int.from_bytes(content))
            case _Id.CLUSTER if duration:
                break
            case _Id.CLUSTER_TIMESTAMP:
                clock.cluster = int.from_bytes(content)
            case _Id.SIMPLE_BLOCK | _Id.BLOCK:
                clock.add(content)
    if doc_type not in (b"webm", b"matroska"):
        raise BrokenFile("neither WebM nor Matroska")
    duration_ms = believable((duration or clock.end) * nanoseconds_per_tick / 1_000_000)
    return Recording(_AUDIO in track_types, _VIDEO in track_types, duration_ms)


def _elements(file: BinaryIO) -> Iterator[_Element]:
    """Yields the elements of all levels in the order of the file. It ends where the file ends, even if that is within
    an element."""
    for _ in range(ELEMENT_LIMIT):
        id, size = _number(file), _number(file)
        if id is None or size is None:
            return
        if id.with_length in _CONTAINERS:
            yield _Element(id.with_length, b"")
            continue
        if size.is_unknown:
            raise BrokenFile("an element without children and without a size")
        content = file.read(min(size.value, _LEAF_BYTES))
        yield _Element(id.with_length, content)
        file.seek(size.value - len(content), io.SEEK_CUR)
    raise BrokenFile("too many elements")


def _number(file: BinaryIO) -> _Number | None:
    """Returns None at the end of the file."""
    first = file.read(1)
    if not first:
        return None
    length = _length_of_number(first[0])
    rest = file.read(length - 1)
    return _Number(int.from_bytes(first + rest), 7 * length) if len(rest) == length - 1 else None


def _length_of_number(first: int) -> int:
    if not first:
        raise BrokenFile("a number of more than eight bytes")
    return 9 - first.bit_length()


def _float(content: bytes) -> float:
    if len(content) not in (4, 8):
        raise BrokenFile("a floating-point number of neither four nor eight bytes")
    number: float = struct.unpack(">f" if len(content) == 4 else ">d", content)[0]
    return number
