"""From what a module says of an item to what a reader may be shown: bounded texts, web addresses, known details.

A module is trusted with its own items, not with the reader's screen: what it sends goes through here.
"""

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, JsonValue, ValidationError

from chat.card_details import DETAILS, DetailType
from chat.cards import SUMMARY_LENGTH, TITLE_LENGTH, Answer, CardAccess, DetailValue, Item
from models.enums import ItemKind
from sources.verdicts import Fault, Verdict

URL_LENGTH = 2_000
DETAIL_LENGTH = 300
COUNT_MAX = 2**31 - 1
"""GraphQL's Int."""

_DECIMAL = re.compile(r"-?[0-9]{1,18}(\.[0-9]{1,6})?")
_CONTROLS = dict.fromkeys((*range(32), *range(127, 160)), " ")
_CONTROLS_BUT_NEWLINE = {code: " " for code in _CONTROLS if code != ord("\n")}


class WireItem(BaseModel):
    """An item as a module sends it; what it says beside these is not looked at."""

    model_config = ConfigDict(strict=True, frozen=True)

    title: str
    summary: str | None = None
    url: str | None = None
    details: dict[str, JsonValue] | None = None


def granted(kind: ItemKind, sent: JsonValue) -> Verdict:
    """GRANTED with the item, or a fault where it is none: a card without a title would say nothing."""
    try:
        wire = WireItem.model_validate(sent)
    except ValidationError:
        return Fault("GRANTED without a proper item")
    title = one_line(wire.title)
    if not title:
        return Fault("an item without a title")
    details = known_details(kind, wire.details or {})
    item = Item(title, _summary(wire.summary), web_address(wire.url), details)
    return Answer(CardAccess.GRANTED, item)


def one_line(text: str) -> str:
    """Returns the title as one line without control characters, shortened with an ellipsis if it is too long."""
    return _shortened(" ".join(text.translate(_CONTROLS).split()), TITLE_LENGTH)


def web_address(url: str | None) -> str | None:
    """None for what is no plain http(s) address: a `javascript:` link, or one that hides its host behind a name."""
    if url is None or len(url) > URL_LENGTH or "\\" in url or not url.isprintable() or " " in url:
        return None
    try:
        parts = urlsplit(url)
        port_is_a_number = parts.port is None or parts.port > 0
    except ValueError:
        return None
    usable = parts.scheme in ("http", "https") and parts.hostname and parts.username is None and port_is_a_number
    return url if usable else None


def known_details(kind: ItemKind, sent: Mapping[str, JsonValue]) -> dict[str, DetailValue]:
    """Returns the kind's own details among what was sent; one that is not written as it must be is null."""
    return {name: detail(known.type, sent[name]) for name, known in DETAILS[kind].items() if name in sent}


def detail(type_: DetailType, value: JsonValue) -> DetailValue:
    """Returns the value if it is written as its type is, else None."""
    if type_ == DetailType.COUNT:
        return value if type(value) is int and 0 <= value <= COUNT_MAX else None
    return value if isinstance(value, str) and _IS_WRITTEN_AS[type_](value) else None


def _summary(text: str | None) -> str | None:
    if text is None:
        return None
    return _shortened(text.translate(_CONTROLS_BUT_NEWLINE).strip(), SUMMARY_LENGTH) or None


def _shortened(text: str, length: int) -> str:
    return text if len(text) <= length else text[: length - 1].rstrip() + "…"


def _is_text(text: str) -> bool:
    return len(text) <= DETAIL_LENGTH and text.isprintable()


def _is_decimal(text: str) -> bool:
    return _DECIMAL.fullmatch(text) is not None


def _is_date(text: str) -> bool:
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def _is_moment(text: str) -> bool:
    """With its offset, and such that it can be told in UTC."""
    try:
        moment = datetime.fromisoformat(text)
        return moment.tzinfo is not None and moment.astimezone(UTC).tzinfo is UTC
    except (ValueError, OverflowError):
        return False


_IS_WRITTEN_AS = {
    DetailType.TEXT: _is_text,
    DetailType.DECIMAL: _is_decimal,
    DetailType.DATE: _is_date,
    DetailType.MOMENT: _is_moment,
}
