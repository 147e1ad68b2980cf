"""Names and texts: what can be stored, what is visible, and the folded form that names are sorted and searched by."""

import unicodedata

from chat.errors import RefusalCode, Refused

NAME_LENGTH = 80
DESCRIPTION_LENGTH = 1_000

# Letters that NFKD does not decompose, and what people type to search for them.
_UNDECOMPOSED = str.maketrans({"ł": "l", "ø": "o", "đ": "d", "œ": "oe", "æ": "ae", "ß": "ss"})

_LINE_BREAKING = {"Cc", "Zl", "Zp"}
# Embeddings, overrides and isolates of the text direction: in a name they would reorder the text after it.
_DIRECTION = set(map(chr, [*range(0x202A, 0x202F), *range(0x2066, 0x206A)]))
_FORMATTING = {"Cc", "Cf"}
_SPACING = {"Z", "M"}
# Letters and a symbol by category, but blank: the Hangul fillers and the empty Braille pattern.
_FILLERS = set("\u3164\u115f\u1160\uffa0\u2800")


def fold(text: str) -> str:
    """Returns the text without case and accents, so that a search for "acao" finds "Ação"."""
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return "".join(letter for letter in decomposed if not unicodedata.combining(letter)).translate(_UNDECOMPOSED)


def like_pattern(query: str) -> str:
    """Returns a LIKE pattern (escape character: backslash) that finds the query anywhere in a folded name."""
    storable = "".join(letter for letter in query.strip() if is_storable(letter))
    escaped = fold(storable).replace("\\", r"\\").replace("%", r"\%").replace("_", r"\_")
    return f"%{escaped}%"


def checked_name(name: str) -> str:
    """Returns the trimmed name of a channel. Raises Refused INVALID unless it has 1 to 80 characters, one of them
    visible."""
    trimmed = checked_text(name, "name").strip()
    if not 1 <= len(trimmed) <= NAME_LENGTH:
        raise Refused(RefusalCode.INVALID, f"A name must have 1 to {NAME_LENGTH} characters.", "name")
    check_nameable(trimmed, "name")
    return trimmed


def check_nameable(name: str, *path: str) -> None:
    """Raises Refused INVALID for a name that contains line breaks, control or text-direction characters, or that
    has no visible character."""
    if any(unicodedata.category(letter) in _LINE_BREAKING or letter in _DIRECTION for letter in name):
        raise Refused(
            RefusalCode.INVALID,
            "A name cannot contain line breaks, control characters or text-direction characters.",
            *path,
        )
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
