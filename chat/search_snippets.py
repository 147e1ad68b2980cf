"""The part of a message that shows why it was found, as HTML."""

import re
from collections.abc import Iterator, Sequence
from html import escape
from typing import NamedTuple

from chat.search_query import Part
from chat.search_text import Unit, plain_text, units

SNIPPET_LENGTH = 200
"""The maximum number of characters, not counting tags and escapes."""

CONTEXT_LENGTH = 60
"""How many of them come before the first match."""

_SPACE = re.compile(r"\s")


class _Mark(NamedTuple):
    """A matched part of the text."""

    start: int
    end: int


def snippet(body: str, parts: Sequence[Part]) -> str:
    """Returns the plain text around the first match, with all matches in <mark>. Everything else is escaped. Without
    parts, returns the beginning of the text."""
    text = plain_text(body)
    marks = _marks(list(units(text)), parts) if parts else []
    start = _start(text, marks[0].start) if marks else 0
    end = _end(text, start + SNIPPET_LENGTH)
    return "".join(_pieces(text, start, end, marks))


def _marks(text: Sequence[Unit], parts: Sequence[Part]) -> list[_Mark]:
    """Returns the matches in order. Those that follow one another without a space are one."""
    matched = sorted({place for part in parts for place in _matched_places(text, part)})
    marks: list[_Mark] = []
    for place in matched:
        unit = text[place]
        if marks and marks[-1].end == unit.start:
            marks[-1] = _Mark(marks[-1].start, unit.end)
        else:
            marks.append(_Mark(unit.start, unit.end))
    return marks


def _matched_places(text: Sequence[Unit], part: Part) -> Iterator[int]:
    beginning = part.units[0].text
    for place, unit in enumerate(text):
        if unit.text.startswith(beginning) and part.matches(text, place):
            yield from range(place, place + len(part.units))


def _start(text: str, match: int) -> int:
    """Returns where the snippet begins: at the beginning of the text or after a space, or else at the match."""
    earliest = match - CONTEXT_LENGTH
    if earliest <= 0:
        return 0
    space = _SPACE.search(text, earliest, match)
    return space.end() if space else match


def _end(text: str, latest: int) -> int:
    """Returns where the snippet ends: before a space, unless that would leave out half of it."""
    if latest >= len(text):
        return len(text)
    for place in range(latest, latest - SNIPPET_LENGTH // 2, -1):
        if text[place].isspace():
            return place
    return latest


def _pieces(text: str, start: int, end: int, marks: Sequence[_Mark]) -> Iterator[str]:
    place = start
    for mark in marks:
        first, last = max(mark.start, start), min(mark.end, end)
        if first < last:
            yield f"{escape(text[place:first])}<mark>{escape(text[first:last])}</mark>"
            place = last
    yield escape(text[place:end])
