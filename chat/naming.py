"""How names and texts are read, compared and found: what can be stored and seen, and the folded form that lists are
sorted and searched by."""

import unicodedata

from chat.errors import RefusalCode, Refused

NAME_LENGTH = 80
DESCRIPTION_LENGTH = 1_000

# Letters that no decomposition takes apart, though people search for them without their stroke or as two letters.
_UNDECOMPOSED = str.maketrans({"ł": "l", "ø": "o", "đ": "d", "œ": "oe", "æ": "ae", "ß": "ss"})

_LINE_BREAKING = {"Cc", "Zl", "Zp"}
# The embeddings, overrides and isolates of writing directions: a name would turn what follows it.
_TURNING = set(map(chr, [*range(0x202A, 0x202F), *range(0x2066, 0x206A)]))
_FORMATTING = {"Cc", "Cf"}
_SPACING = {"Z", "M"}
# Letters and a symbol by their category, and yet blank: the fillers of Hangul, and Braille without a dot.
_FILLERS = set("\u3164\u115f\u1160\uffa0\u2800")


def fold(text: str) -> str:
    """Returns the text without case and accents: "Ação" and "acao" are the same name to whoever searches."""
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return "".join(letter for letter in decomposed if not unicodedata.combining(letter)).translate(_UNDECOMPOSED)


def like_pattern(query: str) -> str:
    """Returns the LIKE pattern (escape character: backslash) that finds the query anywhere in a folded name."""
    storable = "".join(letter for letter in query.strip() if is_storable(letter))
    escaped = fold(storable).replace("\\", r"\\").replace("%", r"\%").replace("_", r"\_")
    return f"%{escaped}%"


def checked_name(name: str) -> str:
    """Returns the channel's name trimmed; raises Refused INVALID unless 1 to 80 characters remain that make a name."""
    trimmed = checked_text(name, "name").strip()
    if not 1 <= len(trimmed) <= NAME_LENGTH:
        raise Refused(RefusalCode.INVALID, f"A name has 1 to {NAME_LENGTH} characters.", "name")
    check_nameable(trimmed, "name")
    return trimmed


def check_nameable(name: str, *path: str) -> None:
    """Raises Refused INVALID for a name that would break the lines that it stands in, turn the text around it, or not
    be seen at all."""
    if any(unicodedata.category(letter) in _LINE_BREAKING or letter in _TURNING for letter in name):
        raise Refused(RefusalCode.INVALID, "A name has no line breaks, control or direction characters.", *path)
    if not is_visible(name):
        raise Refused(RefusalCode.INVALID, "A name has something to see.", *path)


def checked_description(description: str | None) -> str | None:
    """Returns the description trimmed, None for a blank one; raises Refused INVALID past 1,000 characters."""
    trimmed = checked_text(description or "", "description").strip()
    if len(trimmed) > DESCRIPTION_LENGTH:
        message = f"A description has at most {DESCRIPTION_LENGTH} characters."
        raise Refused(RefusalCode.INVALID, message, "description")
    return trimmed or None


def checked_text(text: str, *path: str) -> str:
    """Returns the text; raises Refused INVALID when PostgreSQL could not store it."""
    if not is_storable(text):
        raise Refused(RefusalCode.INVALID, "The text contains characters that cannot be stored.", *path)
    return text


def is_visible(text: str) -> bool:
    """Whether there is anything to see in it. Accents and the like count with the letter that carries them."""
    return any(
        unicodedata.category(letter) not in _FORMATTING
        and unicodedata.category(letter)[0] not in _SPACING
        and letter not in _FILLERS
        for letter in text
    )


def is_storable(text: str) -> bool:
    """PostgreSQL has no NUL and no halves of surrogate pairs: nothing is known by such an id, or found by it."""
    return "\x00" not in text and not any(0xD800 <= ord(letter) <= 0xDFFF for letter in text)
