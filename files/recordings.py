"""What the readers of media files return and raise."""

from dataclasses import dataclass


class BrokenFile(ValueError):
    """The bytes are not a file of the type that they begin as, or exceed a limit."""


@dataclass(frozen=True)
class Recording:
    has_audio: bool
    has_video: bool
    duration_ms: int | None


LONGEST_MS = 2**31 - 1
"""The longest duration that is believed: about 24 days, the largest Int of GraphQL."""


def believable(duration_ms: float | None) -> int | None:
    """Returns the duration in whole milliseconds. None if it is not one."""
    if duration_ms is None or not 0 < duration_ms <= LONGEST_MS:
        return None
    return round(duration_ms) or None
