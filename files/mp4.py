"""Tracks and duration of MP4 and QuickTime files.

Safari and Chrome write what they record in fragments: the durations in the file's header are zero. The duration of a
track is then the time of its last fragment and the sum of the durations of this fragment's samples. The sum of all
samples is less: Chrome leaves gaps between fragments.
"""

import io
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO, NamedTuple

from files.recordings import BrokenFile, Recording, believable

BOX_LIMIT = 200_000
"""How many boxes are read. A recording of seven hours has as many in fragments of a second."""

BOX_BYTES = 1024 * 1024
"""The largest box that is read. A fragment's list of samples has a few kilobytes."""

_CONTAINERS = {b"moov", b"trak", b"mdia", b"mvex", b"moof", b"traf"}
_READ = {b"tkhd", b"mdhd", b"hdlr", b"trex", b"tfhd", b"tfdt", b"trun"}


class _Box(NamedTuple):
    type: bytes
    content: bytes
    """Empty for a box with children, which are the boxes that follow it."""


@dataclass
class _Track:
    handler: bytes = b""
    ticks_per_second: int = 0
    duration: int = 0
    """In ticks, as the durations below. Zero if the file is in fragments."""
    sample_duration: int = 0
    """Of samples of fragments that state no other."""
    begin: int | None = None
    """Of the first fragment."""
    end: int = 0
    """Of the last sample of a fragment."""

    @property
    def duration_ms(self) -> float:
        ticks = self.end - (self.begin or 0) or self.duration
        return 1000 * ticks / self.ticks_per_second if self.ticks_per_second else 0


def read_mp4(file: BinaryIO) -> Recording:
    """Raises BrokenFile."""
    reader = _Reader()
    try:
        for box in _boxes(file):
            reader.add(box)
    except struct.error:
        raise BrokenFile("a box is too short") from None
    handlers = {track.handler for track in reader.tracks.values()}
    longest = max((track.duration_ms for track in reader.tracks.values()), default=None)
    return Recording(b"soun" in handlers, b"vide" in handlers, believable(longest))


class _Reader:
    """Boxes are added in the order of the file."""

    def __init__(self) -> None:
        self.tracks: dict[int, _Track] = {}
        self._track = _Track()
        self._sample_duration = 0
        """Of the samples of the track's fragment that is being read."""

    def add(self, box: _Box) -> None:
        match box.type:
            case b"tkhd":
                self._track = self._track_of(_integer(box.content, 20 if _is_long(box) else 12))
            case b"mdhd":
                self._add_media_header(box)
            case b"hdlr":
                self._track.handler = self._track.handler or box.content[8:12]
            case b"trex":
                self._track_of(_integer(box.content, 4)).sample_duration = _integer(box.content, 12)
            case b"tfhd":
                self._begin_fragment(box.content)
            case b"tfdt":
                self._set_time(struct.unpack_from(">Q" if _is_long(box) else ">I", box.content, 4)[0])
            case b"trun":
                self._track.end += _run_duration(box.content, self._sample_duration)

    def _track_of(self, id: int) -> _Track:
        return self.tracks.setdefault(id, _Track())

    def _add_media_header(self, box: _Box) -> None:
        ticks, duration = (
            struct.unpack_from(">IQ", box.content, 20) if _is_long(box) else struct.unpack_from(">II", box.content, 12)
        )
        self._track.ticks_per_second, self._track.duration = ticks, duration

    def _begin_fragment(self, content: bytes) -> None:
        flags = _integer(content, 0)
        self._track = self._track_of(_integer(content, 4))
        at = 8 + 8 * bool(flags & 0x1) + 4 * bool(flags & 0x2)
        self._sample_duration = _integer(content, at) if flags & 0x8 else self._track.sample_duration

    def _set_time(self, time: int) -> None:
        self._track.end = time
        if self._track.begin is None:
            self._track.begin = time


def _run_duration(content: bytes, sample_duration: int) -> int:
    """Returns the duration of a `trun` box's samples."""
    flags, count = struct.unpack_from(">II", content)
    if not flags & 0x100:
        return int(count * sample_duration)
    at = 8 + 4 * bool(flags & 0x1) + 4 * bool(flags & 0x4)
    bytes_per_sample = 4 * sum(bool(flags & field) for field in (0x100, 0x200, 0x400, 0x800))
    if at + count * bytes_per_sample > len(content):
        raise BrokenFile("fewer samples than stated")
    return sum(_integer(content, at + sample * bytes_per_sample) for sample in range(count))


def _boxes(file: BinaryIO) -> Iterator[_Box]:
    """Yields the boxes of all levels that are needed, in the order of the file. It ends where the file ends, even if
    that is within a box."""
    for _ in range(BOX_LIMIT):
        header = file.read(8)
        if len(header) < 8:
            return
        size, type = int.from_bytes(header[:4]) - 8, header[4:]
        if size == 1 - 8:
            size = int.from_bytes(file.read(8)) - 16
        if size == 0 - 8:  # the box ends with the file
            return
        if size < 0:
            raise BrokenFile("a box is shorter than its header")
        if type in _CONTAINERS:
            yield _Box(type, b"")
        elif type in _READ:
            yield _Box(type, _content(file, size))
        else:
            file.seek(size, io.SEEK_CUR)
    raise BrokenFile("too many boxes")


def _content(file: BinaryIO, size: int) -> bytes:
    if size > BOX_BYTES:
        raise BrokenFile("a box is too large")
    return file.read(size)


def _is_long(box: _Box) -> bool:
    """Whether the box has times of eight bytes."""
    return box.content[:1] == b"\x01"


def _integer(content: bytes, at: int) -> int:
    number: int = struct.unpack_from(">I", content, at)[0]
    return number
