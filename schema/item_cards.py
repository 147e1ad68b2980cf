"""The card types of the items: `DealCard` and so on, made from the table of kinds (`chat.item_kinds`)."""

from collections.abc import Mapping

import strawberry

from chat.cards import Item
from chat.item_kinds import ITEM_KINDS, Detail, DetailType, KindOfItem
from models.enums import ItemKind

_FORMATS = {
    DetailType.TEXT: "",
    DetailType.DECIMAL: " Digits with a decimal point: 12500.00.",
    DetailType.DATE: " A day: 2026-11-30.",
    DetailType.DATE_TIME: " ISO 8601 with a UTC offset: 2026-11-30T14:00:00-03:00.",
    DetailType.COUNT: "",
}


@strawberry.type
class ItemCard:
    title: str = strawberry.field(description="The item's current title.")
    summary: str | None = strawberry.field(description="A one-line summary of the item.")
    url: str = strawberry.field(description="The address that opens this item in its module.")


def card_of(kind: ItemKind, item: Item) -> ItemCard:
    """Returns the card of an item. Details that its module omitted are null."""
    details = {name: item.details.get(name) for name in ITEM_KINDS[kind].details}
    return CARD_TYPES[kind](title=item.title, summary=item.summary, url=item.url, **details)


def _card_type(kind: KindOfItem) -> type[ItemCard]:
    namespace: dict[str, object] = {
        "__annotations__": {name: _python_type(detail) for name, detail in kind.details.items()},
        "__module__": __name__,
    }
    for name, detail in kind.details.items():
        namespace[name] = strawberry.field(description=f"{detail.description}{_FORMATS[detail.type]}")
    name = f"{kind.type_name}Card"
    card: type[ItemCard] = type(name, (ItemCard,), namespace)
    return strawberry.type(card, name=name, description=f"Details of {kind.noun}, for readers who may see it.")


def _python_type(detail: Detail) -> object:
    return int | None if detail.type == DetailType.COUNT else str | None


CARD_TYPES: Mapping[ItemKind, type[ItemCard]] = {kind: _card_type(ITEM_KINDS[kind]) for kind in ItemKind}
