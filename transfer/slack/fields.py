"""Reading the values of Slack's JSON. An export contains what Slack stored over many years, so nothing is certain to be
there or to be of its documented type: a value of another type counts as missing."""

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

JsonObject = Mapping[str, object]

_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
_TIMESTAMP = re.compile(r"(\d{1,11})(?:\.(\d{1,6})\d*)?")
_MICROSECONDS = 1_000_000


def text_of(source: JsonObject, *names: str) -> str:
    """Returns the first of these values that is a text that is not empty, without what PostgreSQL cannot store; an
    empty text if there is none."""
    for name in names:
        value = source.get(name)
        if isinstance(value, str) and value:
            return storable(value)
    return ""


def storable(text: str) -> str:
    """Returns the text without NUL and unpaired surrogates."""
    return _UNSTORABLE.sub("", text)


def number_of(source: JsonObject, name: str) -> int:
    """Returns the value as an integer; 0 if it is not a number."""
    value = source.get(name)
    return int(value) if isinstance(value, int | float) and abs(value) < 2**53 else 0


def object_of(source: JsonObject, name: str) -> JsonObject:
    value = source.get(name)
    return value if isinstance(value, dict) else {}


def objects_of(source: JsonObject, name: str) -> Sequence[JsonObject]:
    value = source.get(name)
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []


def texts_of(source: JsonObject, name: str) -> Sequence[str]:
    value = source.get(name)
    return [storable(each) for each in value if isinstance(each, str)] if isinstance(value, list) else []


def microseconds_of(timestamp: object) -> int | None:
    """Returns Slack's time of a message, such as "1609459200.000200", as microseconds since 1970; None for anything
    else. The time identifies the message within its channel, so it must be exact."""
    found = _TIMESTAMP.fullmatch(str(timestamp)) if isinstance(timestamp, str | int | float) else None
    if found is None or isinstance(timestamp, bool):
        return None
    return int(found[1]) * _MICROSECONDS + int((found[2] or "").ljust(6, "0"))


def time_of(microseconds: int) -> datetime:
    seconds, rest = divmod(microseconds, _MICROSECONDS)
    return datetime.fromtimestamp(seconds, UTC).replace(microsecond=rest)
