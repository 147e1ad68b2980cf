"""What a client searches for: the parts of its query, and the condition that they are to PostgreSQL.

All parts must be found. A part is a word, a phrase in quotation marks, or a run of words and characters without a space
in it, such as "2.5" or "開会": its units must follow one another. The last word also finds words that begin with it,
because clients search while it is being typed.
"""

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from chat.errors import DenialCode, Denied
from chat.search_terms import SLICE
from chat.search_text import Unit, normalized, units

UNITS_LIMIT = 32
"""How many words, emojis and characters of scripts without spaces a query can have."""

PREFIX_LENGTH = 2
"""The fewest letters that find longer words. A single letter would find most messages."""

_PART = re.compile(r'"([^"]*)"|[“„«]([^“”„«»]*)[”“»]|([^\s"“„«]+)|["“„«]')


class Part(NamedTuple):
    """Units that follow one another. `is_prefix`: the last one may be the beginning of a word."""

    units: tuple[Unit, ...]
    is_prefix: bool

    def matches(self, text: Sequence[Unit], place: int) -> bool:
        """Returns whether the units of the text from this place on are those of the part."""
        last = len(self.units) - 1
        if place + last >= len(text):
            return False
        for number, wanted in enumerate(self.units):
            found = text[place + number]
            if found.text != wanted.text and not (number == last and self._begins(found, wanted)):
                return False
            if wanted.joined and not found.joined:
                return False
        return True

    def _begins(self, found: Unit, wanted: Unit) -> bool:
        return self.is_prefix and found.is_word and found.text.startswith(wanted.text)


def parse_query(query: str) -> tuple[Part, ...]:
    """Returns the parts of the query; none if it has no letter, digit or emoji. Raises Denied BAD_USER_INPUT if it has
    too many units."""
    parts = [part for part in _parts(normalized(query)) if part.units]
    if sum(len(part.units) for part in parts) > UNITS_LIMIT:
        message = f"A search can have at most {UNITS_LIMIT} words, or characters of a script without spaces."
        raise Denied(DenialCode.BAD_USER_INPUT, message)
    return tuple(parts)


def _parts(query: str) -> Iterator[Part]:
    found = list(_PART.finditer(query))
    for number, part in enumerate(found, 1):
        quoted = part[1] if part[1] is not None else part[2]
        text = tuple(units(quoted if quoted is not None else part[3] or ""))
        is_last = quoted is None and number == len(found)
        yield Part(text, is_last and bool(text) and text[-1].is_word and len(text[-1].text) >= PREFIX_LENGTH)


def condition(part: Part) -> str:
    """Returns the part in the format of a tsquery, with SLICE before each lexeme."""
    terms = list(_terms(part.units))
    written = [f"'{SLICE}{term}'" for term, _ in terms]
    if part.is_prefix:
        written[-1] += ":*"
    text = written[0]
    for (_, before), (_, position), term in zip(terms, terms[1:], written[1:], strict=False):
        text += f" <{position - before}> {term}"
    return f"({text})"


def any_of(terms: Sequence[str]) -> str:
    """Returns the condition that a message has one of the terms, in the same format."""
    return "(" + " | ".join(f"'{SLICE}{term}'" for term in terms) + ")"


def _terms(wanted: Sequence[Unit]) -> Iterator[tuple[str, int]]:
    """Yields lexemes that together contain the units, with their positions. Characters are taken in pairs, which are
    rarer. The last pair of an odd number overlaps with the one before it."""
    place = 0
    while place < len(wanted):
        if place + 1 < len(wanted) and wanted[place + 1].joined:
            yield wanted[place].text + wanted[place + 1].text, place
            place += 2
        elif wanted[place].joined:
            yield wanted[place - 1].text + wanted[place].text, place - 1
            place += 1
        else:
            yield wanted[place].text, place
            place += 1
