"""Validating an item that a module sends: bounded texts, web addresses, and the details of its kind.

A module is trusted to decide who sees its items, but not to send texts and links that are safe to display.
"""

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, JsonValue, ValidationError

from chat.cards import SUMMARY_LENGTH, TITLE_LENGTH, Answer, CardAccess, DetailValue, Item
from chat.item_kinds import ITEM_KINDS, DetailType
from chat.naming import is_visible
from models.enums import ItemKind
from sources.verdicts import Fault, Verdict

URL_LENGTH = 2_000
DETAIL_LENGTH = 300
COUNT_MAX = 2**31 - 1
"""The maximum of GraphQL's Int."""

_DECIMAL = re.compile(r"-?[0-9]{1,18}(\.[0-9]{1,6})?")
_DATE_TIME = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,9})?(Z|[+-][0-9]{2}:[0-9]{2})"
)
_CONTROLS = dict.fromkeys((*range(32), *range(127, 160)), " ")
_CONTROLS_BUT_NEWLINE = {code: " " for code in _CONTROLS if code != ord("\n")}
# Embeddings, overrides and isolates of the text direction, which would reorder the text around the item. The joiners
# that scripts and emojis need are not included.
_DIRECTION = dict.fromkeys((*range(0x202A, 0x202F), *range(0x2066, 0x206A)), "")


class WireItem(BaseModel):
    """An item as a module sends it. Other fields are ignored."""

    model_config = ConfigDict(strict=True, frozen=True)

    title: str
    summary: str | None = None
    url: str
    details: dict[str, JsonValue] | None = None


def granted(kind: ItemKind, sent: JsonValue) -> Verdict:
    """Returns GRANTED with the item; a fault if it is invalid or has no visible title or no usable URL."""
    try:
        wire = WireItem.model_validate(sent)
    except ValidationError:
        return Fault(
            "GRANTED without a valid item (title and url: strings; summary: string or null; details: object or null)"
        )
    title, address = one_line(wire.title), web_address(wire.url)
    if not is_visible(title):
        return Fault("an item without a title")
    if address is None:
        return Fault("an item without a usable URL")
    details = known_details(kind, wire.details or {})
    return Answer(CardAccess.GRANTED, Item(shortened(title, TITLE_LENGTH), _summary(wire.summary), address, details))


def one_line(text: str) -> str:
    """Returns the text as one line: without control and direction characters, and with single spaces."""
    return " ".join(text.translate(_CONTROLS | _DIRECTION).split())


def shortened(text: str, length: int) -> str:
    return text if len(text) <= length else text[: length - 1].rstrip() + "…"


def web_address(url: str) -> str | None:
    """Returns the URL; None unless it is a plain http(s) URL. A user name in it could disguise its host."""
    if len(url) > URL_LENGTH or "\\" in url or not url.isprintable() or " " in url:
        return None
    try:
        parts = urlsplit(url)
        port_is_a_number = parts.port is None or parts.port > 0
    except ValueError:
        return None
    usable = parts.scheme in ("http", "https") and parts.hostname and parts.username is None and port_is_a_number
    return url if usable else None


def known_details(kind: ItemKind, sent: Mapping[str, JsonValue]) -> dict[str, DetailValue]:
    """Returns the details of the kind among those sent; null for a value that does not have its type."""
    return {name: detail(known.type, sent[name]) for name, known in ITEM_KINDS[kind].details.items() if name in sent}


def detail(type_: DetailType, value: JsonValue) -> DetailValue:
    """Returns the value, text as one line; None if it does not have the type."""
    if type_ == DetailType.COUNT:
        return value if type(value) is int and 0 <= value <= COUNT_MAX else None
    if not isinstance(value, str):
        return None
    if type_ == DetailType.TEXT:
        text = one_line(value)
        return text if len(text) <= DETAIL_LENGTH else None
    return value if _HAS_FORMAT[type_](value) else None


def _summary(text: str | None) -> str | None:
    if text is None:
        return None
    lines = text.translate(_CONTROLS_BUT_NEWLINE | _DIRECTION).strip()
    return shortened(lines, SUMMARY_LENGTH) if is_visible(lines) else None


def _is_decimal(text: str) -> bool:
    return _DECIMAL.fullmatch(text) is not None


def _is_date(text: str) -> bool:
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def _is_date_time(text: str) -> bool:
    """Returns whether the text is an RFC 3339 time that can be expressed in UTC. Python accepts other formats too."""
    if not _DATE_TIME.fullmatch(text):
        return False
    try:
        return datetime.fromisoformat(text).astimezone(UTC).tzinfo is UTC
    except (ValueError, OverflowError):
        return False


_HAS_FORMAT = {
    DetailType.DECIMAL: _is_decimal,
    DetailType.DATE: _is_date,
    DetailType.DATE_TIME: _is_date_time,
}
