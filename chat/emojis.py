"""Emojis in one canonical form: Unicode's fully-qualified sequence. Only that form is stored, counted and compared."""

import emoji as emoji_data

from chat.errors import RefusalCode, Refused

_PRESENTATION = "\ufe0f"
"""The variation selector that requests emoji presentation. Keyboards send it or omit it for the same emoji."""

_QUALIFIED = {
    written.replace(_PRESENTATION, ""): written
    for written, known in emoji_data.EMOJI_DATA.items()
    if known["status"] == emoji_data.STATUS["fully_qualified"]
}
"""Each fully-qualified emoji by its sequence without the selector. Components, such as a lone skin tone, are not
emojis."""


def qualified_emoji(text: str, *path: str) -> str:
    """Returns the emoji's fully-qualified form. Raises Refused INVALID for anything that is not exactly one emoji.
    `path` is the input field that holds it."""
    found = _QUALIFIED.get(text.replace(_PRESENTATION, ""))
    if found is None:
        raise Refused(RefusalCode.INVALID, "The value must be exactly one emoji.", *path)
    return found
