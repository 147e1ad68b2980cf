"""The platform's items as cards: each reader sees what their own rights in the item's module allow.

Without GRANTED nothing of the item passes here: kind and icon only, or, where the account shows cards to the whole
channel, the title and summary as they stood when it was shared.
"""

from typing import cast

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


@strawberry.type(name="SharedCard", description="An item of the platform in a message, as the viewer may see it.")
class SharedCard:
    row: strawberry.Private[CardRow]

    @strawberry.field(description="An opaque id: crd_…")
    def id(self) -> strawberry.ID:
        return public_id(Prefix.CARD, self.row.card_id)

    @strawberry.field(description="What kind of item it is.")
    def kind(self) -> ItemKind:
        return self.row.kind

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
        if item is not None:
            return item.title
        return (self.row.title or None) if await _shows_to_channel(info) else None

    @strawberry.field(description="A line about the item; null as `title` is.")
    async def summary(self, info: Info) -> str | None:
        item = (await self._answer(info)).item
        if item is not None:
            return item.summary
        return self.row.summary if await _shows_to_channel(info) else None

    @strawberry.field(description="The name of the kind's icon in the client's set.")
    def icon(self) -> str:
        return ICONS[self.row.kind]

    @strawberry.field(description="Opens the exact item in its module; null without GRANTED.")
    async def url(self, info: Info) -> str | None:
        item = (await self._answer(info)).item
        return item.url if item is not None else None

    @strawberry.field(description="The item with its typed details; null without GRANTED.")
    async def entity(self, info: Info) -> SharedEntity | None:
        if (await self._answer(info)).access != CardAccess.GRANTED:
            return None
        return cast(SharedEntity, ENTITIES[self.row.kind](item_id=self.row.item_id))

    @strawberry.field(description="Who shared it.")
    async def shared_by(self, info: Info) -> Agent:
        return await agent(info.context.loaders, self.row.shared_by)

    async def _answer(self, info: Info) -> Answer:
        viewer = await info.context.viewer()
        return await info.context.loaders.answers.load((viewer.agent_id, ItemRef(self.row.kind, self.row.item_id)))


async def _shows_to_channel(info: Info) -> bool:
    return (await info.context.viewer()).account.card_preview == CardPreview.CHANNEL


@strawberry.input(name="SharedEntityRef", description="An item of the platform.")
class SharedEntityRefInput:
    kind: ItemKind = strawberry.field(description="What kind of item it is.")
    id: strawberry.ID = strawberry.field(description="The item's id in its own module.")

    def ref(self) -> ItemRef:
        return ItemRef(self.kind, self.id)
