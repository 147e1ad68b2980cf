"""The platform's items as cards: each reader sees what their own rights in the item's module allow.

Without GRANTED nothing of the item passes here: kind and icon only, or, where the account shows cards to the whole
channel, the title and summary as they stood when it was shared.
"""

from dataclasses import dataclass
from typing import Self, cast
from uuid import UUID

import strawberry

from chat.cards import Answer, CardAccess, ItemRef
from models import Card as CardRow
from models.enums import CardPreview, ItemKind
from schema.agents import Agent, agent
from schema.context import Info
from schema.entities import ENTITIES, SharedEntity
from schema.enums import publish
from schema.ids import Prefix, public_id

publish(
    ItemKind,
    "SharedEntityKind",
    "The platform's items that can be shared.",
    {
        ItemKind.CONVERSATION: "A conversation with a customer.",
        ItemKind.CONTACT: "A customer.",
        ItemKind.DEAL: "A deal of the sales pipeline.",
        ItemKind.TASK: "A task.",
        ItemKind.CATALOG_PRODUCT: "A product of the catalogue.",
        ItemKind.CHARGE: "A charge to a customer.",
        ItemKind.CALENDAR_EVENT: "An event of the calendar.",
        ItemKind.WHATSAPP_BROADCAST: "A WhatsApp broadcast.",
        ItemKind.CAMPAIGN: "A campaign.",
    },
)
publish(
    CardAccess,
    "SharedCardAccess",
    "What the viewer gets to see of a shared item, as its module answers now.",
    {
        CardAccess.GRANTED: "All of the card.",
        CardAccess.FORBIDDEN: "Nothing: the item is not the viewer's to see.",
        CardAccess.REMOVED: "Nothing: the item is gone, and its module tells the viewer so.",
        CardAccess.MODULE_DISABLED: "Nothing: the account does not use the module.",
        CardAccess.UNAVAILABLE: "Nothing now: the module does not answer; ask again later.",
    },
)

ICONS = {
    ItemKind.CONVERSATION: "message-circle",
    ItemKind.CONTACT: "user",
    ItemKind.DEAL: "handshake",
    ItemKind.TASK: "check-square",
    ItemKind.CATALOG_PRODUCT: "package",
    ItemKind.CHARGE: "receipt",
    ItemKind.CALENDAR_EVENT: "calendar",
    ItemKind.WHATSAPP_BROADCAST: "megaphone",
    ItemKind.CAMPAIGN: "target",
}
"""Names of a common icon set; a kind's icon tells nothing of the item."""


@dataclass(frozen=True)
class TextsAtSharing:
    """What an account that shows every card to the whole channel shows to who may not see the item."""

    title: str
    summary: str | None


@strawberry.type(name="SharedCard", description="An item of the platform in a message, as the viewer may see it.")
class SharedCard:
    card_id: strawberry.Private[UUID]
    ref: strawberry.Private[ItemRef]
    sharer_id: strawberry.Private[str]
    texts: strawberry.Private[TextsAtSharing | None]
    """None for a card that nobody shared yet: what shows is what the module grants."""

    @classmethod
    def of(cls, row: CardRow) -> Self:
        texts = TextsAtSharing(row.title, row.summary)
        return cls(card_id=row.card_id, ref=ItemRef(row.kind, row.item_id), sharer_id=row.shared_by, texts=texts)

    @strawberry.field(description="An opaque id: crd_…")
    def id(self) -> strawberry.ID:
        return public_id(Prefix.CARD, self.card_id)

    @strawberry.field(description="What kind of item it is.")
    def kind(self) -> ItemKind:
        return self.ref.kind

    @strawberry.field(description="What the viewer gets to see of it now.")
    async def access(self, info: Info) -> CardAccess:
        return (await self._answer(info)).access

    @strawberry.field(
        description=(
            "The item's present title. Null without GRANTED, unless the account shows every card to the whole channel:"
            " then the title as it stood when it was shared."
        )
    )
    async def title(self, info: Info) -> str | None:
        item = (await self._answer(info)).item
        texts = item or await self._texts_for_channel(info)
        return texts.title if texts is not None else None

    @strawberry.field(description="A line about the item; null as `title` is.")
    async def summary(self, info: Info) -> str | None:
        item = (await self._answer(info)).item
        texts = item or await self._texts_for_channel(info)
        return texts.summary if texts is not None else None

    @strawberry.field(description="The name of the kind's icon in the client's set.")
    def icon(self) -> str:
        return ICONS[self.ref.kind]

    @strawberry.field(description="Opens the exact item in its module; null without GRANTED.")
    async def url(self, info: Info) -> str | None:
        item = (await self._answer(info)).item
        return item.url if item is not None else None

    @strawberry.field(description="The item with its typed details; null without GRANTED.")
    async def entity(self, info: Info) -> SharedEntity | None:
        if (await self._answer(info)).access != CardAccess.GRANTED:
            return None
        return cast(SharedEntity, ENTITIES[self.ref.kind](item_id=self.ref.item_id))

    @strawberry.field(description="Who shared it.")
    async def shared_by(self, info: Info) -> Agent:
        return await agent(info.context.loaders, self.sharer_id)

    async def _answer(self, info: Info) -> Answer:
        viewer = await info.context.viewer()
        return await info.context.loaders.answers.load((viewer.agent_id, self.ref))

    async def _texts_for_channel(self, info: Info) -> TextsAtSharing | None:
        account = (await info.context.viewer()).account
        return self.texts if account.card_preview == CardPreview.CHANNEL else None


@strawberry.input(name="SharedEntityRef", description="An item of the platform.")
class SharedEntityRefInput:
    kind: ItemKind = strawberry.field(description="What kind of item it is.")
    id: strawberry.ID = strawberry.field(description="The item's id in its own module.")

    def ref(self) -> ItemRef:
        return ItemRef(self.kind, self.id)
