"""Durations of WAV, MP3, Ogg and FLAC files, and waveforms."""

import wave
from array import array
from itertools import pairwise
from typing import BinaryIO, cast

from tinytag import TinyTag, TinyTagException

from files.recordings import believable

READ_LIMIT = 500_000
"""How many reads a duration may take. tinytag searches for the next frame of an MP3 file in steps of a few bytes, which
would take a minute for 100 MB of noise."""

READ_BYTES = 1024 * 1024
"""The most that one of these reads returns, whatever length a file claims that its parts have."""

WAVEFORM_BYTES = 16 * 1024 * 1024
"""The longest file with a waveform: three minutes in stereo."""

PEAKS = 64


class _LimitedFile:
    """Reads no more than READ_BYTES at once, and raises OSError at too many reads."""

    def __init__(self, file: BinaryIO) -> None:
        self.seek, self.tell = file.seek, file.tell
        self._file = file
        self._reads = 0

    def read(self, size: int = -1) -> bytes:
        self._reads += 1
        if self._reads > READ_LIMIT:
            raise OSError("too many reads")
        return self._file.read(size if 0 <= size < READ_BYTES else READ_BYTES)


def duration_ms(file: BinaryIO) -> int | None:
    """Returns the duration of a WAV, MP3, Ogg or FLAC file. None if it cannot be found."""
    try:
        seconds = TinyTag.get(file_obj=cast(BinaryIO, _LimitedFile(file)), tags=False).duration
    except TinyTagException:
        return None
    return believable(seconds * 1000) if seconds is not None else None


def waveform(file: BinaryIO) -> tuple[int, ...] | None:
    """Returns 64 peaks between 0 and 100, which is the loudest. None if the file is not WAV with 16 bits per sample."""
    try:
        with wave.open(file) as recording:
            if recording.getsampwidth() != 2:
                return None
            frames = min(recording.getnframes(), WAVEFORM_BYTES // recording.getsampwidth() // recording.getnchannels())
            samples = array("h", recording.readframes(frames))
    except (wave.Error, EOFError, RuntimeError, ValueError):  # the last two for chunks of wrong lengths
        return None
    return _peaks(samples) if len(samples) >= PEAKS else None


def _peaks(samples: "array[int]") -> tuple[int, ...]:
    bounds = [len(samples) * peak // PEAKS for peak in range(PEAKS + 1)]
    parts = [samples[start:end] for start, end in pairwise(bounds)]
    peaks = [max(max(part), -min(part)) for part in parts]
    loudest = max(peaks) or 1
    return tuple(100 * peak // loudest for peak in peaks)
