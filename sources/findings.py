"""The findings of the checker, and those about an item as the chat would show it."""

from dataclasses import dataclass
from enum import StrEnum

from pydantic import JsonValue

from chat.cards import SUMMARY_LENGTH, TITLE_LENGTH, Item
from chat.item_kinds import ITEM_KINDS
from models.enums import ItemKind
from sources.items import WireItem, granted, one_line
from sources.verdicts import Fault


class Mark(StrEnum):
    OK = "ok"
    NOTE = "note"
    WRONG = "wrong"


@dataclass(frozen=True)
class Finding:
    mark: Mark
    text: str


def about_the_item(kind: ItemKind, sent: JsonValue) -> list[Finding]:
    """Compares what the chat would show with what the module sent."""
    verdict = granted(kind, sent)
    if isinstance(verdict, Fault):
        return [Finding(Mark.WRONG, f"The card would be UNAVAILABLE: {verdict.reason}.")]
    assert verdict.item is not None
    item = WireItem.model_validate(sent)
    wrong = [Finding(Mark.WRONG, text) for text in _losses(kind, item, verdict.item)]
    unknown = sorted(set(item.details or {}) - set(ITEM_KINDS[kind].details))
    notes = [Finding(Mark.NOTE, f"The detail `{name}` is not shown: {kind} has no such detail.") for name in unknown]
    return [*(wrong or [Finding(Mark.OK, "The item is shown as it was sent.")]), *notes]


def _losses(kind: ItemKind, sent: WireItem, shown: Item) -> list[str]:
    losses = []
    if len(one_line(sent.title)) > TITLE_LENGTH:
        losses.append(f"The title is longer than {TITLE_LENGTH} characters and is shortened.")
    if len(sent.summary or "") > SUMMARY_LENGTH:
        losses.append(f"The summary is longer than {SUMMARY_LENGTH:,} characters and is shortened.")
    for name, known in ITEM_KINDS[kind].details.items():
        if (sent.details or {}).get(name) is not None and shown.details[name] is None:
            losses.append(f"The detail `{name}` is not a valid {known.type} and is omitted.")
    return losses
