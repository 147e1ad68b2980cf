"""The nine kinds of items, as entities of the platform's federated graph.

Their owners define them; the chat adds three fields and nothing else, since an owner's `title` beside one of ours does
not compose.
"""

from typing import Annotated, Self
from uuid import UUID

import strawberry

from chat.cards import CardAccess, Item, ItemRef
from loaders.pages import empty_slice, page
from models.enums import ItemKind
from schema.connections import After, Connection, First, connect
from schema.context import Info
from schema.item_cards import (
    CalendarEventCard,
    CampaignCard,
    CatalogProductCard,
    ChargeCard,
    ContactCard,
    ConversationCard,
    DealCard,
    TaskCard,
    WhatsAppBroadcastCard,
    card_of,
)
from schema.messages import Message

CARD = "What the viewer may see of it in the chat; null without access."


@strawberry.type
class Entity:
    """An item by its id alone; what is shown of it, its module decides for each viewer."""

    item_id: strawberry.Private[str]

    @strawberry.field(description="The item's id in its own module.")
    def id(self) -> strawberry.ID:
        return strawberry.ID(self.item_id)

    @strawberry.field(
        description=(
            "The messages in which it was shared and that the viewer may read, the latest first; empty for who may not"
            " see the item, so that it looks like one that was never shared."
        )
    )
    async def shared_in(self, info: Info, first: First = None, after: After = None) -> Connection[Message]:
        asked = page("shared in", first, after, UUID)
        if await self.item(info) is None:
            return connect(empty_slice(), lambda row: Message(row=row))
        viewer = await info.context.viewer()
        found = await info.context.loaders.shared_in.load((viewer.agent_id, self.ref(), asked))
        return connect(found, lambda row: Message(row=row))

    @classmethod
    async def resolve_reference(cls, info: Info, id: str) -> Self:
        """Any id may come from another module: what stands behind it shows only through `card` and `sharedIn`."""
        await info.context.viewer()
        return cls(item_id=id)

    def ref(self) -> ItemRef:
        return ItemRef(KINDS[type(self)], self.item_id)

    async def item(self, info: Info) -> Item | None:
        """Returns the item if its module grants it to the viewer now."""
        viewer = await info.context.viewer()
        answer = await info.context.loaders.answers.load((viewer.agent_id, self.ref()))
        return answer.item if answer.access == CardAccess.GRANTED else None


@strawberry.federation.type(
    name="Conversation", keys=["id"], description="A conversation with a customer, owned by the conversations module."
)
class Conversation(Entity):
    @strawberry.field(description=CARD)
    async def card(self, info: Info) -> ConversationCard | None:
        item = await self.item(info)
        return card_of(ItemKind.CONVERSATION, ConversationCard, item) if item is not None else None


@strawberry.federation.type(name="Contact", keys=["id"], description="A customer, owned by the CRM.")
class Contact(Entity):
    @strawberry.field(description=CARD)
    async def card(self, info: Info) -> ContactCard | None:
        item = await self.item(info)
        return card_of(ItemKind.CONTACT, ContactCard, item) if item is not None else None


@strawberry.federation.type(name="Deal", keys=["id"], description="A deal of the sales pipeline, owned by the CRM.")
class Deal(Entity):
    @strawberry.field(description=CARD)
    async def card(self, info: Info) -> DealCard | None:
        item = await self.item(info)
        return card_of(ItemKind.DEAL, DealCard, item) if item is not None else None


@strawberry.federation.type(name="Task", keys=["id"], description="A task, owned by the tasks module.")
class Task(Entity):
    @strawberry.field(description=CARD)
    async def card(self, info: Info) -> TaskCard | None:
        item = await self.item(info)
        return card_of(ItemKind.TASK, TaskCard, item) if item is not None else None


@strawberry.federation.type(name="CatalogProduct", keys=["id"], description="A product, owned by the catalogue.")
class CatalogProduct(Entity):
    @strawberry.field(description=CARD)
    async def card(self, info: Info) -> CatalogProductCard | None:
        item = await self.item(info)
        return card_of(ItemKind.CATALOG_PRODUCT, CatalogProductCard, item) if item is not None else None


@strawberry.federation.type(
    name="Charge", keys=["id"], description="A charge to a customer, owned by the billing module."
)
class Charge(Entity):
    @strawberry.field(description=CARD)
    async def card(self, info: Info) -> ChargeCard | None:
        item = await self.item(info)
        return card_of(ItemKind.CHARGE, ChargeCard, item) if item is not None else None


@strawberry.federation.type(name="CalendarEvent", keys=["id"], description="An event, owned by the calendar.")
class CalendarEvent(Entity):
    @strawberry.field(description=CARD)
    async def card(self, info: Info) -> CalendarEventCard | None:
        item = await self.item(info)
        return card_of(ItemKind.CALENDAR_EVENT, CalendarEventCard, item) if item is not None else None


@strawberry.federation.type(
    name="WhatsAppBroadcast", keys=["id"], description="A WhatsApp broadcast, owned by the broadcasts module."
)
class WhatsAppBroadcast(Entity):
    @strawberry.field(description=CARD)
    async def card(self, info: Info) -> WhatsAppBroadcastCard | None:
        item = await self.item(info)
        return card_of(ItemKind.WHATSAPP_BROADCAST, WhatsAppBroadcastCard, item) if item is not None else None


@strawberry.federation.type(name="Campaign", keys=["id"], description="A campaign, owned by the campaigns module.")
class Campaign(Entity):
    @strawberry.field(description=CARD)
    async def card(self, info: Info) -> CampaignCard | None:
        item = await self.item(info)
        return card_of(ItemKind.CAMPAIGN, CampaignCard, item) if item is not None else None


SharedEntity = Annotated[
    Conversation | Contact | Deal | Task | CatalogProduct | Charge | CalendarEvent | WhatsAppBroadcast | Campaign,
    strawberry.union(name="SharedEntity", description="An item of the platform that can be shared."),
]

ENTITIES: dict[ItemKind, type[Entity]] = {
    ItemKind.CONVERSATION: Conversation,
    ItemKind.CONTACT: Contact,
    ItemKind.DEAL: Deal,
    ItemKind.TASK: Task,
    ItemKind.CATALOG_PRODUCT: CatalogProduct,
    ItemKind.CHARGE: Charge,
    ItemKind.CALENDAR_EVENT: CalendarEvent,
    ItemKind.WHATSAPP_BROADCAST: WhatsAppBroadcast,
    ItemKind.CAMPAIGN: Campaign,
}
KINDS = {entity: kind for kind, entity in ENTITIES.items()}
