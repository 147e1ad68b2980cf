"""What the chat knows of the platform's items: which there are, and what their modules answer about them.

An item lives in its source module, which alone decides who may see it. The chat asks per agent and item, each time
somebody reads, and keeps no answer longer than the request or the event it was asked for.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from models.enums import ItemKind

TITLE_LENGTH = 300
SUMMARY_LENGTH = 2_000
ITEM_ID_LENGTH = 200

DetailValue = str | int | None


@dataclass(frozen=True)
class ItemRef:
    """An item of the platform; the id is its module's own, verbatim."""

    kind: ItemKind
    item_id: str


def can_be_item_id(text: str) -> bool:
    """What cannot is nobody's item. Sent on, it might make calls fail that others wait for; stored, it would be found
    by nobody."""
    return 1 <= len(text) <= ITEM_ID_LENGTH and text.isprintable()


class CardAccess(StrEnum):
    """What an agent gets to see of an item."""

    GRANTED = "GRANTED"
    FORBIDDEN = "FORBIDDEN"
    REMOVED = "REMOVED"
    MODULE_DISABLED = "MODULE_DISABLED"
    UNAVAILABLE = "UNAVAILABLE"


@dataclass(frozen=True)
class Item:
    """An item as its module shows it to one agent. `details` are the kind's own facts by their names in the contract
    with source modules (docs/source-modules.md); a module may leave any of them out."""

    title: str
    summary: str | None
    url: str
    details: Mapping[str, DetailValue] = field(default_factory=dict)


@dataclass(frozen=True)
class Answer:
    """What a module said about an agent and an item: the item with GRANTED, nothing of it otherwise."""

    access: CardAccess
    item: Item | None = None

    def __post_init__(self) -> None:
        assert (self.access == CardAccess.GRANTED) == (self.item is not None)


@dataclass(frozen=True)
class Check:
    """May this agent see this item?"""

    agent_id: str
    item_id: str
