"""The text of a message as search sees it: its plain text, divided into units.

A unit is a word, an emoji, or one character of a script that is written without spaces (Chinese, Japanese, Thai …).
Korean is among them, because its words have endings that differ. Units are folded: without case and accents.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from functools import lru_cache
from itertools import islice
from typing import NamedTuple

from emoji import EMOJI_DATA

from chat.naming import fold

WORD_LENGTH = 64
"""How many characters of a word are indexed and searched for."""

UNITS_PER_MESSAGE = 10_000
"""How many units of a message are searched: the first. Only texts without spaces can have more."""

LONG_TEXT = 2_000
"""Longer texts are divided in a thread: 20,000 characters take up to 100 ms."""

MARKS_LIMIT = 16
"""How many combining marks in a row are kept. Normalizing a longer run takes quadratic time."""


class Unit(NamedTuple):
    """A part of a text, from `start` to `end`. `joined`: it continues the run of characters before it."""

    text: str
    start: int
    end: int
    is_word: bool
    joined: bool


_UNSPACED_RANGES = (
    (0x0E00, 0x0EFF),  # Thai and Lao
    (0x1000, 0x109F),  # Myanmar
    (0x1100, 0x11FF),  # Hangul
    (0x1780, 0x17FF),  # Khmer
    (0x3005, 0x3007),  # signs of Han
    (0x3040, 0x31BF),  # Kana, Bopomofo, Hangul
    (0x31F0, 0x31FF),  # Kana
    (0x3400, 0x4DBF),  # Han
    (0x4E00, 0xA4CF),  # Han, Yi
    (0xA960, 0xA97F),  # Hangul
    (0xAC00, 0xD7FF),  # Hangul
    (0xF900, 0xFAFF),  # Han
    (0xFF66, 0xFFDC),  # Kana and Hangul of half width
    (0x1B000, 0x1B16F),  # Kana
    (0x20000, 0x3FFFF),  # Han
)
_UNSPACED = {letter for first, last in _UNSPACED_RANGES for letter in range(first, last + 1)}

_ASCII, _LAST_MARK = 0x7F, 0xE01EF
_NOT_EMOJIS = {0x200D, 0xFE0F, *range(0x1F3FB, 0x1F400), *range(0xE0020, 0xE0080)}
"""Parts of emojis that are not searched for: the joiner, the variation selector, skin tones and tags."""

_EMOJIS = {ord(letter) for emoji in EMOJI_DATA for letter in emoji if ord(letter) > _ASCII} - _NOT_EMOJIS
_ASSIGNED = (*range(0x20000), *range(0xE0100, _LAST_MARK + 1))
_MARKS = {letter for letter in _ASSIGNED if unicodedata.category(chr(letter))[0] == "M"} - _EMOJIS
_WORDS = (_MARKS | {letter for letter in _ASSIGNED if chr(letter).isalnum()}) - _EMOJIS - _UNSPACED


def _class(letters: Iterable[int]) -> str:
    """Returns a regular expression for one of these characters."""
    ranges: list[list[int]] = []
    for letter in sorted(letters):
        if ranges and ranges[-1][1] == letter - 1:
            ranges[-1][1] = letter
        else:
            ranges.append([letter, letter])
    return "[" + "".join(f"\\U{first:08x}-\\U{last:08x}" for first, last in ranges) + "]"


_MARK = _class(_MARKS)
_UNIT = re.compile(f"({_class(_EMOJIS)})|({_class(_UNSPACED)}+)|({_class(_WORDS)}+)")
_ASCII_WORD = re.compile("[a-z0-9]+")
_LONG_MARKS = re.compile(f"({_MARK}{{{MARKS_LIMIT}}}){_MARK}+")

_MENTION_TARGET = r"\(mention://(?:user|team|channel)/[^/)\s]++(?:/(?:[^)\n\]]|\](?!\())*+)?\)"
_LINK_TARGET = r"""\((?!mention:)[^()\s]*+(?:\([^()\s]*+\)[^()\s]*+)*+(?:\s++(?:"[^"\n]*+"|'[^'\n]*+'))?+\s*+\)"""
_TARGET = re.compile(rf"\](?:{_MENTION_TARGET}|{_LINK_TARGET})")
"""The end of a link or a mention, which readers do not see."""


def plain_text(body: str) -> str:
    """Returns the Markdown as normalized text, without the targets of links and mentions."""
    return normalized(_TARGET.sub("]", body) if "](" in body else body)


def normalized(text: str) -> str:
    """Returns the text in the normalization form C. The time is linear in its length."""
    return text if text.isascii() else unicodedata.normalize("NFC", _LONG_MARKS.sub(r"\1", text))


def units(text: str) -> Iterator[Unit]:
    """Yields the first units of a normalized text, in order, as many as can be searched."""
    return islice(_units(text), UNITS_PER_MESSAGE)


def _units(text: str) -> Iterator[Unit]:
    if text.isascii():
        for word in _ASCII_WORD.finditer(text.lower()):
            yield Unit(word[0][:WORD_LENGTH], *word.span(), is_word=True, joined=False)
        return
    for found in _UNIT.finditer(text):
        match found.lastindex:
            case 1:
                yield Unit(found[0], *found.span(), is_word=False, joined=False)
            case 2:
                yield from _characters(found[0], found.start())
            case _ if folded := _folded(found[0][:WORD_LENGTH]):
                yield Unit(folded, *found.span(), is_word=True, joined=False)


def _characters(run: str, start: int) -> Iterator[Unit]:
    """Yields the characters of a run without spaces."""
    joined = False
    for place, letter in enumerate(run, start):
        folded = _folded(letter)
        if folded:
            yield Unit(folded, place, place + 1, False, joined)  # noqa: FBT003
            joined = True


@lru_cache(maxsize=20_000)
def _folded(letters: str) -> str:
    """Returns what the letters are indexed as: only letters, digits and marks. Empty if nothing is left of them."""
    if len(letters) == 1 and unicodedata.category(letters) == "Lo" and not unicodedata.decomposition(letters):
        # Most characters of Chinese, in a tenth of the time.
        return letters
    folded = unicodedata.normalize("NFC", fold(letters))
    return "".join(letter for letter in folded if letter.isalnum() or ord(letter) in _MARKS)
