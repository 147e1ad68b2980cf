"""The typed details of each kind's card, as the item's module shows them to the viewer now.

The fields below are those of `chat.card_details`; a test holds the two together.
"""

from typing import TypeVar

import strawberry

from chat.card_details import DETAILS
from chat.cards import Item
from models.enums import ItemKind

AnyCard = TypeVar("AnyCard", bound="ItemCard")


@strawberry.type
class ItemCard:
    title: str = strawberry.field(description="The item's present title.")
    summary: str | None = strawberry.field(description="A line about the item.")
    url: str = strawberry.field(description="Opens the exact item in its module.")


@strawberry.type(
    name="ConversationCard", description="What a conversation with a customer shows of itself to who may see it."
)
class ConversationCard(ItemCard):
    status: str | None = strawberry.field(description="The state it is in, in the module's words.")
    inbox: str | None = strawberry.field(description="The name of the inbox it came in by.")
    assignee: str | None = strawberry.field(description="The name of the agent who takes care of it.")
    contact: str | None = strawberry.field(description="The name of the customer it is with.")


@strawberry.type(name="ContactCard", description="What a customer shows of itself to who may see it.")
class ContactCard(ItemCard):
    email: str | None = strawberry.field(description="The e-mail address.")
    phone: str | None = strawberry.field(description="The telephone number.")
    company: str | None = strawberry.field(description="The name of the company.")


@strawberry.type(name="DealCard", description="What a deal of the sales pipeline shows of itself to who may see it.")
class DealCard(ItemCard):
    stage: str | None = strawberry.field(description="The stage of the pipeline it is in.")
    amount: str | None = strawberry.field(description="How much, in the currency. Digits with a point: 12500.00.")
    currency: str | None = strawberry.field(description="The ISO 4217 code of the currency.")


@strawberry.type(name="TaskCard", description="What a task shows of itself to who may see it.")
class TaskCard(ItemCard):
    status: str | None = strawberry.field(description="The state it is in, in the module's words.")
    due_date: str | None = strawberry.field(description="The last day for it. A day: 2026-11-30.")
    assignee: str | None = strawberry.field(description="The name of the agent who takes care of it.")


@strawberry.type(name="CatalogProductCard", description="What a product shows of itself to who may see it.")
class CatalogProductCard(ItemCard):
    price: str | None = strawberry.field(description="The price, in the currency. Digits with a point: 12500.00.")
    currency: str | None = strawberry.field(description="The ISO 4217 code of the currency.")
    sku: str | None = strawberry.field(description="The stock keeping unit.")
    availability: str | None = strawberry.field(description="Whether it can be had, in the module's words.")


@strawberry.type(name="ChargeCard", description="What a charge to a customer shows of itself to who may see it.")
class ChargeCard(ItemCard):
    amount: str | None = strawberry.field(description="How much, in the currency. Digits with a point: 12500.00.")
    currency: str | None = strawberry.field(description="The ISO 4217 code of the currency.")
    status: str | None = strawberry.field(description="The state it is in, in the module's words.")
    due_date: str | None = strawberry.field(description="The last day for it. A day: 2026-11-30.")


@strawberry.type(name="CalendarEventCard", description="What an event shows of itself to who may see it.")
class CalendarEventCard(ItemCard):
    start: str | None = strawberry.field(description="When it begins. ISO 8601 with its offset.")
    end: str | None = strawberry.field(description="When it ends. ISO 8601 with its offset.")
    place: str | None = strawberry.field(description="Where it takes place.")


@strawberry.type(
    name="WhatsAppBroadcastCard", description="What a WhatsApp broadcast shows of itself to who may see it."
)
class WhatsAppBroadcastCard(ItemCard):
    status: str | None = strawberry.field(description="The state it is in, in the module's words.")
    scheduled_at: str | None = strawberry.field(description="When it is sent. ISO 8601 with its offset.")
    recipients: int | None = strawberry.field(description="How many people it goes to.")


@strawberry.type(name="CampaignCard", description="What a campaign shows of itself to who may see it.")
class CampaignCard(ItemCard):
    status: str | None = strawberry.field(description="The state it is in, in the module's words.")
    channel: str | None = strawberry.field(description="The channel it runs on.")
    start: str | None = strawberry.field(description="When it begins. ISO 8601 with its offset.")
    end: str | None = strawberry.field(description="When it ends. ISO 8601 with its offset.")


def card_of(kind: ItemKind, card: type[AnyCard], item: Item) -> AnyCard:
    """Returns the kind's card of an item; what its module left out is null."""
    details = {name: item.details.get(name) for name in DETAILS[kind]}
    return card(title=item.title, summary=item.summary, url=item.url, **details)
