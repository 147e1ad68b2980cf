"""The platform's items, and the answers of their source modules about them.

An item lives in its source module, which alone decides who may see it. Each time a card is
read, the chat asks the module about that agent and item, and keeps the answer only for the request or event.
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
    """An item of the platform. The id is the source module's own, verbatim."""

    kind: ItemKind
    item_id: str


def can_be_item_id(text: str) -> bool:
    """Returns whether the text can be an item's id. Other texts are not sent to source modules, where one bad id could
    make a whole call fail."""
    return 1 <= len(text) <= ITEM_ID_LENGTH and text.isprintable()


class CardAccess(StrEnum):
    """What an agent can see of an item."""

    GRANTED = "GRANTED"
    FORBIDDEN = "FORBIDDEN"
    REMOVED = "REMOVED"
    MODULE_DISABLED = "MODULE_DISABLED"
    UNAVAILABLE = "UNAVAILABLE"


@dataclass(frozen=True)
class Item:
    """An item as its source module shows it to one agent. `details` has the details of its kind (`chat.item_kinds`);
    a module may omit any of them."""

    title: str
    summary: str | None
    url: str
    details: Mapping[str, DetailValue] = field(default_factory=dict)


@dataclass(frozen=True)
class Answer:
    """What a source module answered about an agent and an item. `item` is given exactly if access is GRANTED."""

    access: CardAccess
    item: Item | None = None

    def __post_init__(self) -> None:
        assert (self.access == CardAccess.GRANTED) == (self.item is not None)


@dataclass(frozen=True)
class Check:
    """A question to a source module: may this agent see this item?"""

    agent_id: str
    item_id: str
