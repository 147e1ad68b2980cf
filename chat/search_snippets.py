"""The part of a message that shows why it was found, as HTML."""

import re
from collections.abc import Iterator, Sequence
from html import escape
from itertools import islice
from typing import NamedTuple

from chat.search_query import UNITS_LIMIT, Part
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


def snippet(texts: Sequence[str], parts: Sequence[Part]) -> str:
    """Returns what is around the first match of the first text that has one, as plain text, with the matches in <mark>
    and everything else escaped. Without a match, returns the beginning of the first text that is not empty."""
    for body in texts if parts else ():
        text = plain_text(body)
        marks = _marks(_units_to_mark(text, parts), parts)
        if marks:
            return _excerpt(text, marks)
    return _excerpt(plain_text(next(filter(str.strip, texts), "")), [])


def _excerpt(text: str, marks: Sequence[_Mark]) -> str:
    start = _start(text, marks[0].start) if marks else 0
    end = _end(text, start + SNIPPET_LENGTH)
    return "".join(_pieces(text, start, end, marks))


def _units_to_mark(text: str, parts: Sequence[Part]) -> list[Unit]:
    """Returns the units of the text without those that follow the snippet. A match can begin in the snippet and end up
    to UNITS_LIMIT units after it."""
    rest = units(text)
    read = _until_match(rest, parts)
    snippet_end = read[-1].end + SNIPPET_LENGTH if read else 0
    for unit in rest:
        read.append(unit)
        if unit.start >= snippet_end:
            break
    read.extend(islice(rest, UNITS_LIMIT))
    return read


def _until_match(text: Iterator[Unit], parts: Sequence[Part]) -> list[Unit]:
    """Returns the units up to the end of the match that ends first; all if there is none."""
    last_words = tuple(part.units[-1].text for part in parts)
    read: list[Unit] = []
    for unit in text:
        read.append(unit)
        if unit.text.startswith(last_words) and any(_ends_with(read, part) for part in parts):
            break
    return read


def _ends_with(text: Sequence[Unit], part: Part) -> bool:
    place = len(text) - len(part.units)
    return place >= 0 and part.matches(text, place)


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
