"""Splitting a text that is longer than a message can be."""

import re
from collections.abc import Iterator

_FENCE = re.compile("(?m)^`{3,}$")
_ROOM = 40
"""Characters of each part that are left for closing a code block."""


def parts_of(body: str, length: int) -> list[str]:
    """Returns the text in parts of at most this many characters. It is split at the end of a line or of a word if there
    is one. A code block that is split is closed in one part and opened again in the next."""
    if len(body) <= length:
        return [body]
    return [part for part in _parts(body, length) if part.strip()]


def _parts(body: str, length: int) -> Iterator[str]:
    opened = ""
    while body:
        start = f"{opened}\n" if opened else ""
        room = length - _ROOM - len(start)
        end = len(body) if len(body) <= room else _end_of_part(body, room)
        part = start + body[:end].rstrip("\n")
        body = body[end:].lstrip("\n")
        opened = _open_fence(part)
        yield f"{part}\n{opened}" if opened else part


def _end_of_part(body: str, room: int) -> int:
    for separator in ("\n", " "):
        found = body.rfind(separator, room // 2, room)
        if found >= 0:
            return found + 1
    return room


def _open_fence(part: str) -> str:
    """Returns the fence of a code block that is open at the end, unless it is too long to be closed; otherwise an empty
    text."""
    opened = ""
    for fence in _FENCE.findall(part):
        if not opened:
            opened = fence
        elif len(fence) >= len(opened):
            opened = ""
    return opened if len(opened) < _ROOM else ""
