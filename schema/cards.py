"""Cards: the platform's items in messages, as each reader may see them.

Without access, a card has only its kind and icon. If the account shows previews to the whole channel, it also has the
title and summary from the time of sharing.
"""

from dataclasses import dataclass
from typing import Self
from uuid import UUID

import strawberry

from chat.cards import Answer, CardAccess, ItemRef
from chat.item_kinds import ITEM_KINDS
from models import Card as CardRow
from models.enums import CardPreview, ItemKind
from schema.agents import Agent, agent
from schema.context import Info
from schema.entities import ENTITIES, Entity, SharedEntity
from schema.enums import describe_enum
from schema.ids import Prefix, public_id

describe_enum(
    ItemKind,
    "SharedEntityKind",
    "The kinds of items that can be shared.",
    {kind: f"{ITEM_KINDS[kind].noun[0].upper()}{ITEM_KINDS[kind].noun[1:]}." for kind in ItemKind},
)
describe_enum(
    CardAccess,
    "SharedCardAccess",
    "Whether the viewer can see a shared item now. The module that owns the item decides.",
    {
        CardAccess.GRANTED: "The viewer can see the item.",
        CardAccess.FORBIDDEN: "The viewer may not see the item.",
        CardAccess.REMOVED: "The item was deleted, and its module discloses that to the viewer.",
        CardAccess.MODULE_DISABLED: "The account does not use the item's module.",
        CardAccess.UNAVAILABLE: "The item's module did not answer. Try again later.",
    },
)


@dataclass(frozen=True)
class SharedTexts:
    """An item's title and summary at the time of sharing."""

    title: str
    summary: str | None


@strawberry.type(name="SharedCard", description="An item of the platform in a message, as the viewer may see it.")
class SharedCard:
    card_id: strawberry.Private[UUID]
    ref: strawberry.Private[ItemRef]
    sharer_id: strawberry.Private[str]
    shared_texts: strawberry.Private[SharedTexts | None]
    """None in a preview, where nothing has been shared yet."""

    @classmethod
    def of(cls, row: CardRow) -> Self:
        return cls(
            card_id=row.card_id,
            ref=ItemRef(row.kind, row.item_id),
            sharer_id=row.shared_by,
            shared_texts=SharedTexts(row.title, row.summary),
        )

    @strawberry.field(description="An opaque id: crd_…")
    def id(self) -> strawberry.ID:
        return public_id(Prefix.CARD, self.card_id)

    @strawberry.field(description="The kind of item.")
    def kind(self) -> ItemKind:
        return self.ref.kind

    @strawberry.field(description="Whether the viewer can see the item now.")
    async def access(self, info: Info) -> CardAccess:
        return (await self._answer(info)).access

    @strawberry.field(
        description=(
            "The item's current title. If `access` is not GRANTED: the title at the time of sharing if the account"
            " setting `cardPreview` is CHANNEL, otherwise null."
        )
    )
    async def title(self, info: Info) -> str | None:
        texts = (await self._answer(info)).item or await self._preview(info)
        return texts.title if texts is not None else None

    @strawberry.field(
        description="A one-line summary of the item. Without access, the same rule applies as to `title`."
    )
    async def summary(self, info: Info) -> str | None:
        texts = (await self._answer(info)).item or await self._preview(info)
        return texts.summary if texts is not None else None

    @strawberry.field(description="The name of the kind's icon in the client's icon set.")
    def icon(self) -> str:
        return ITEM_KINDS[self.ref.kind].icon

    @strawberry.field(description="The address that opens this item in its module. Null unless `access` is GRANTED.")
    async def url(self, info: Info) -> str | None:
        item = (await self._answer(info)).item
        return item.url if item is not None else None

    @strawberry.field(
        description="The item with the details of its kind. Null unless `access` is GRANTED.",
        graphql_type=SharedEntity | None,
    )
    async def entity(self, info: Info) -> Entity | None:
        if (await self._answer(info)).access != CardAccess.GRANTED:
            return None
        return ENTITIES[self.ref.kind](item_id=self.ref.item_id)

    @strawberry.field(description="The agent who shared the item.")
    async def shared_by(self, info: Info) -> Agent:
        return await agent(info.context.loaders, self.sharer_id)

    async def _answer(self, info: Info) -> Answer:
        viewer = await info.context.viewer()
        return await info.context.loaders.answers.load((viewer.agent_id, self.ref))

    async def _preview(self, info: Info) -> SharedTexts | None:
        """Returns the title and summary at the time of sharing if the account shows them to the whole channel."""
        account = (await info.context.viewer()).account
        return self.shared_texts if account.card_preview == CardPreview.CHANNEL else None


@strawberry.input(name="SharedEntityRef", description="An item of the platform.")
class SharedEntityRefInput:
    kind: ItemKind = strawberry.field(description="The kind of item.")
    id: strawberry.ID = strawberry.field(description="The item's id in the module that owns it.")

    def ref(self) -> ItemRef:
        return ItemRef(self.kind, self.id)
