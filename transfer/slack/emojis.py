"""Slack's names of emojis, such as `wave::skin-tone-3`, as emojis. Names of a workspace's own emojis are unknown."""

import re
from functools import lru_cache

import emoji as emoji_data

from chat.emojis import qualified_emoji
from chat.errors import Refused
from transfer.slack.emoji_names import SLACK_NAMES

_TONES = {str(number): chr(0x1F3F9 + number) for number in range(2, 7)}
"""The modifiers of Slack's skin tones 2 to 6."""

_NAME = re.compile(r"(.+?)(?:::skin-tone-([2-6]))?")
_FLAG = re.compile("flag-([a-z])([a-z])")
_LARGE = re.compile(r"large_(\w+_(?:circle|square))")
_REGIONAL_A = 0x1F1E6
_JOINER, _PRESENTATION = "\u200d", "\ufe0f"
_FAMILY = {"man": "👨", "woman": "👩", "boy": "👦", "girl": "👧", "heart": "❤️", "kiss": "❤️\u200d💋"}


def _names() -> dict[str, str]:
    names: dict[str, str] = {}
    for written, known in emoji_data.EMOJI_DATA.items():
        if known["status"] == emoji_data.STATUS["fully_qualified"]:
            for name in (known["en"], *known.get("alias", ())):
                names.setdefault(_normalized(name.strip(":")), written)
    return names


def _normalized(name: str) -> str:
    return name.lower().replace("-", "_")


_NAMES = _names()


@lru_cache(maxsize=20_000)
def emoji_of(name: str) -> str | None:
    """Returns the emoji in its canonical form; None for a name that is not one of Slack's standard emojis."""
    found = _NAME.fullmatch(name.strip(":"))
    base = _base(found[1]) if found else None
    if found is None or base is None:
        return None
    return _qualified(_with_tone(base, _TONES[found[2]]) if found[2] else base) or _qualified(base)


def _base(name: str) -> str | None:
    if name in SLACK_NAMES:
        return SLACK_NAMES[name]
    if flag := _FLAG.fullmatch(name):
        return "".join(chr(_REGIONAL_A + ord(letter) - ord("a")) for letter in flag.groups())
    people = name.split("-")
    if len(people) > 1 and all(person in _FAMILY for person in people):
        return _JOINER.join(_FAMILY[person] for person in people)
    normalized = _normalized(_LARGE.sub(r"\1", name))
    candidates = (normalized, normalized.replace("female_", "woman_", 1), normalized.replace("male_", "man_", 1))
    return next((_NAMES[candidate] for candidate in candidates if candidate in _NAMES), None)


def _with_tone(base: str, tone: str) -> str:
    return base[0] + tone + base[1:].removeprefix(_PRESENTATION)


def _qualified(written: str) -> str | None:
    try:
        return qualified_emoji(written)
    except Refused:
        return None
