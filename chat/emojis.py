"""One real emoji, written one way: whoever compares, counts or stores emojis compares the fully-qualified form."""

import emoji as emoji_data

from chat.errors import RefusalCode, Refused

_PRESENTATION = "\ufe0f"
"""Asks for the picture where a character may also be text; keyboards leave it out or add it as they like."""

_QUALIFIED = {
    written.replace(_PRESENTATION, ""): written
    for written, known in emoji_data.EMOJI_DATA.items()
    if known["status"] == emoji_data.STATUS["fully_qualified"]
}
"""Every emoji by what remains without that. Components, as a skin tone alone, are none."""


def qualified_emoji(text: str) -> str:
    """Returns the emoji as Unicode's list of fully-qualified ones has it; raises Refused INVALID for anything else."""
    found = _QUALIFIED.get(text.replace(_PRESENTATION, ""))
    if found is None:
        raise Refused(RefusalCode.INVALID, "A reaction is exactly one emoji.", "emoji")
    return found
