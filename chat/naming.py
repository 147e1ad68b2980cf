"""Names and texts: what can be stored, what is visible, and the folded form that names are sorted and searched by."""

import re
import unicodedata

from emoji import emoji_list

from chat.errors import RefusalCode, Refused

NAME_LENGTH = 80
DESCRIPTION_LENGTH = 1_000

# Letters that NFKD does not decompose, and what people type to search for them.
_UNDECOMPOSED = str.maketrans(
    {"ł": "l", "ø": "o", "đ": "d", "ð": "d", "ħ": "h", "ı": "i", "ŋ": "n", "ŧ": "t", "þ": "th", "œ": "oe", "æ": "ae"}
)
# Apostrophes, quotation marks and dashes, and what keyboards have for them.
_PUNCTUATION = str.maketrans(
    {**dict.fromkeys("‘’‛ʹʻʼ′´\u1ffd`", "'"), **dict.fromkeys("“”„‟", '"'), **dict.fromkeys("‐‑‒–—―−", "-")}
)

_LINE_BREAKING = {"Cc", "Zl", "Zp"}
_LINE_BREAKS = re.compile("[\t-\r\x1c-\x1f\x85\u2028\u2029]+")
# Embeddings, overrides and isolates of the text direction: in a name they would reorder the text after it.
_DIRECTION = set(map(chr, [*range(0x202A, 0x202F), *range(0x2066, 0x206A)]))
_FORMATTING = {"Cc", "Cf"}
_UNUSED = {"Cn", "Cs"}
_SPACING = {"Z", "M"}
# Letters, marks and a symbol by category, but invisible: the Hangul fillers, the empty Braille pattern, a joiner, two
# vowels of Khmer, and the variation selectors.
_FILLERS = set("\u3164\u115f\u1160\uffa0\u2800")
_BLANK = re.compile("[\u3164\u115f\u1160\uffa0\u2800\u034f\u17b4\u17b5\u180b-\u180f\ufe00-\ufe0f\U000e0100-\U000e01ef]")
# Joiners and direction marks: right-to-left scripts need them, and the scripts of India next to a virama.
_JOINERS_AND_MARKS = set("\u200c\u200d\u200e\u200f\u061c")
_RIGHT_TO_LEFT = {"R", "AL"}
_VIRAMA = 9

_NO_NAME = "%\uffff%"
"""A LIKE pattern that finds nothing: no name contains this code point."""


def fold(text: str) -> str:
    """Returns the text without case, accents, typographic punctuation and invisible characters, so that a search for
    "acao" finds "Ação"."""
    compatible = unicodedata.normalize("NFKD", text.translate(_PUNCTUATION)).casefold()
    decomposed = unicodedata.normalize("NFKD", compatible).translate(_PUNCTUATION)
    letters = "".join(letter for letter in decomposed if not unicodedata.combining(letter))
    if not letters.isprintable():
        letters = "".join(letter for letter in letters if letter.isspace() or not _is_invisible(letter))
    return " ".join(_BLANK.sub("", letters).translate(_UNDECOMPOSED).split())


def like_pattern(query: str) -> str:
    """Returns a LIKE pattern (escape character: backslash) that finds the query anywhere in a folded name. A blank
    query finds all names, one without any visible character none."""
    folded = fold(query)
    if not folded and query.strip():
        return _NO_NAME
    escaped = folded.replace("\\", r"\\").replace("%", r"\%").replace("_", r"\_")
    return f"%{escaped}%"


def clean_name(name: str) -> str:
    """Returns the trimmed name without control, invisible and text-direction characters and without code points that
    are not assigned. Line breaks become spaces. Valid emojis stay as they are, and so do joiners and direction marks
    next to a letter that needs them."""
    if name.isprintable() and not _BLANK.search(name):
        return name.strip()
    line = _LINE_BREAKS.sub(" ", name)
    cleaned, place = [], 0
    for emoji in emoji_list(line):
        cleaned += [_without_invisible(line[place : emoji["match_start"]]), emoji["emoji"]]
        place = emoji["match_end"]
    return "".join([*cleaned, _without_invisible(line[place:])]).strip()


def directory_name(name: str, id: str) -> str:
    """Returns the cleaned name of an agent or team. If it has no visible character, the id."""
    cleaned = clean_name(name)
    return cleaned if is_visible(cleaned) else id


def checked_name(name: str) -> str:
    """Returns the cleaned name of a channel. Raises Refused INVALID unless it has 1 to 80 characters, one of them
    visible, and for line breaks, control characters and text-direction characters."""
    trimmed = checked_text(name, "name").strip()
    check_one_line(trimmed, "name")
    cleaned = clean_name(trimmed)
    if not 1 <= len(cleaned) <= NAME_LENGTH:
        raise Refused(RefusalCode.INVALID, f"A name must have 1 to {NAME_LENGTH} characters.", "name")
    check_visible(cleaned, "name")
    return cleaned


def check_one_line(name: str, *path: str) -> None:
    """Raises Refused INVALID for a name that contains line breaks, control or text-direction characters."""
    if any(unicodedata.category(letter) in _LINE_BREAKING or letter in _DIRECTION for letter in name):
        message = "A name cannot contain line breaks, control characters or text-direction characters."
        raise Refused(RefusalCode.INVALID, message, *path)


def check_visible(name: str, *path: str) -> None:
    """Raises Refused INVALID for a name that has no visible character."""
    if not is_visible(name):
        raise Refused(RefusalCode.INVALID, "A name needs at least one visible character.", *path)


def checked_description(description: str | None) -> str | None:
    """Returns the trimmed description; None if it is blank. Raises Refused INVALID for more than 1,000 characters."""
    trimmed = checked_text(description or "", "description").strip()
    if len(trimmed) > DESCRIPTION_LENGTH:
        message = f"A description can have at most {DESCRIPTION_LENGTH:,} characters."
        raise Refused(RefusalCode.INVALID, message, "description")
    return trimmed or None


def checked_text(text: str, *path: str) -> str:
    """Returns the text. Raises Refused INVALID if PostgreSQL cannot store it."""
    if not is_storable(text):
        raise Refused(RefusalCode.INVALID, "The text contains characters that cannot be stored.", *path)
    return text


def is_visible(text: str) -> bool:
    """Returns whether the text has a visible character. Combining marks on their own do not count."""
    return any(
        unicodedata.category(letter) not in _FORMATTING
        and unicodedata.category(letter)[0] not in _SPACING
        and letter not in _FILLERS
        for letter in text
    )


def is_storable(text: str) -> bool:
    """Returns whether PostgreSQL can store the text: it has neither NUL nor unpaired surrogates. An id that
    cannot be stored is therefore unknown."""
    return "\x00" not in text and not any(0xD800 <= ord(letter) <= 0xDFFF for letter in text)


def _is_invisible(letter: str) -> bool:
    return unicodedata.category(letter) in _FORMATTING or _BLANK.match(letter) is not None


def _is_removable(letter: str) -> bool:
    return unicodedata.category(letter) in _UNUSED or _is_invisible(letter)


def _without_invisible(text: str) -> str:
    places = zip(f" {text}", text, f"{text} "[1:], strict=False)
    return "".join(letter for before, letter, after in places if _is_kept(before, letter, after))


def _is_kept(before: str, letter: str, after: str) -> bool:
    if not _is_removable(letter):
        return True
    return letter in _JOINERS_AND_MARKS and (_takes_joiners(before) or _takes_joiners(after))


def _takes_joiners(letter: str) -> bool:
    return unicodedata.bidirectional(letter) in _RIGHT_TO_LEFT or unicodedata.combining(letter) == _VIRAMA
