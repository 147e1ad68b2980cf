"""The gateway of the demo's source modules. It answers from a mapping of items in memory."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from pydantic import JsonValue

from chat.cards import Check, DetailValue, ItemRef
from models.enums import ItemKind
from sources.gateway import chunks
from sources.items import granted
from sources.verdicts import FORBIDDEN, REMOVED, Verdict


@dataclass(frozen=True)
class DemoItem:
    """An item as its source module would send it. Agents in `hidden_from` get FORBIDDEN even if it is removed."""

    title: str
    url: str | None
    summary: str | None = None
    details: Mapping[str, DetailValue] = field(default_factory=dict)
    hidden_from: frozenset[str] = frozenset()
    removed: bool = False

    def as_sent(self) -> JsonValue:
        """Returns the item as a source module writes it in its answer."""
        details: dict[str, JsonValue] = dict(self.details)
        return {"title": self.title, "summary": self.summary, "url": self.url, "details": details}


DemoItems: TypeAlias = Mapping[tuple[str, ItemRef], DemoItem]
"""Items by account id and reference. An item's id is unique only within its account and kind."""


class DemoGateway:
    """Looks items up at every call, so an item that is added to the mapping later is found as well."""

    def __init__(self, items: DemoItems) -> None:
        self._items = items

    def calls(self, checks: Sequence[Check]) -> list[list[Check]]:
        return chunks(checks)

    async def ask(self, account_id: str, kind: ItemKind, checks: Sequence[Check]) -> Mapping[Check, Verdict]:
        return {check: self._verdict(account_id, kind, check) for check in checks}

    async def aclose(self) -> None:
        """Does nothing: the gateway has no connections."""

    def _verdict(self, account_id: str, kind: ItemKind, check: Check) -> Verdict:
        item = self._items.get((account_id, ItemRef(kind, check.item_id)))
        if item is None or check.agent_id in item.hidden_from:
            return FORBIDDEN
        if item.removed:
            return REMOVED
        return granted(kind, item.as_sent())
