"""Cards: the platform's items in messages, as each reader may see them.

Without access, a card has only its kind and icon. If the account shows previews to the whole channel, it also has the
title and summary from the time of sharing.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self
from uuid import UUID

import strawberry

from chat.cards import Answer, CardAccess, Item, ItemRef
from chat.item_kinds import ITEM_KINDS
from chat.viewer import Viewer
from execution import Conditional, level_field
from models.enums import CardPreview, ItemKind
from models.rows import CardRow
from schema.agents import Agent, agents
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

    reader: strawberry.Private[Viewer]

    @classmethod
    def of(cls, row: CardRow, reader: Viewer) -> Self:
        return cls(
            card_id=row.card_id,
            ref=ItemRef(row.kind, row.item_id),
            sharer_id=row.shared_by,
            shared_texts=SharedTexts(row.title, row.summary),
            reader=reader,
        )

    @strawberry.field(description="An opaque id: crd_…")
    def id(self) -> strawberry.ID:
        return public_id(Prefix.CARD, self.card_id)

    @strawberry.field(description="The kind of item.")
    def kind(self) -> ItemKind:
        return self.ref.kind

    @level_field(description="Whether the viewer can see the item now.")
    @staticmethod
    async def access(cards: list["SharedCard"], info: Info) -> list[CardAccess]:
        return [answer.access for answer in await _answers(cards, info)]

    @level_field(
        description=(
            "The item's current title. If `access` is not GRANTED: the title at the time of sharing if the account"
            " setting `cardPreview` is CHANNEL, otherwise null."
        )
    )
    @staticmethod
    async def title(cards: list["SharedCard"], info: Info) -> list[str | None]:
        return [texts.title if texts is not None else None for texts in await _texts(cards, info)]

    @level_field(description="A one-line summary of the item. Without access, the same rule applies as to `title`.")
    @staticmethod
    async def summary(cards: list["SharedCard"], info: Info) -> list[str | None]:
        return [texts.summary if texts is not None else None for texts in await _texts(cards, info)]

    @strawberry.field(description="The name of the kind's icon in the client's icon set.")
    def icon(self) -> str:
        return ITEM_KINDS[self.ref.kind].icon

    @level_field(description="The address that opens this item in its module. Null unless `access` is GRANTED.")
    @staticmethod
    async def url(cards: list["SharedCard"], info: Info) -> list[str | None]:
        return [answer.item.url if answer.item is not None else None for answer in await _answers(cards, info)]

    @level_field(
        description="The item with the details of its kind. Null unless `access` is GRANTED.",
        graphql_type=SharedEntity | None,
    )
    @staticmethod
    async def entity(cards: list["SharedCard"], info: Info) -> Conditional[Entity | None]:
        # Resolved before the modules answer, so that one call also has the cards of the messages in `sharedIn`.
        return Conditional(
            [ENTITIES[card.ref.kind](item_id=card.ref.item_id, reader=card.reader) for card in cards],
            condition=_are_granted(cards, info),
            otherwise=[None] * len(cards),
        )

    @level_field(description="The agent who shared the item.")
    @staticmethod
    async def shared_by(cards: list["SharedCard"], info: Info) -> list[Agent]:
        return await agents(info.context.loaders, (card.sharer_id for card in cards))

    @property
    def preview(self) -> SharedTexts | None:
        """The title and summary at the time of sharing if the account shows them to the whole channel."""
        return self.shared_texts if self.reader.account.card_preview == CardPreview.CHANNEL else None


async def _answers(cards: Sequence[SharedCard], info: Info) -> list[Answer]:
    return await info.context.loaders.answers.load_many((card.reader.agent_id, card.ref) for card in cards)


async def _are_granted(cards: Sequence[SharedCard], info: Info) -> list[bool]:
    return [answer.access == CardAccess.GRANTED for answer in await _answers(cards, info)]


async def _texts(cards: Sequence[SharedCard], info: Info) -> list[Item | SharedTexts | None]:
    """Returns the current title and summary of each item, or those that the reader may see instead."""
    return [answer.item or card.preview for card, answer in zip(cards, await _answers(cards, info), strict=True)]


@strawberry.input(name="SharedEntityRef", description="An item of the platform.")
class SharedEntityRefInput:
    kind: ItemKind = strawberry.field(description="The kind of item.")
    id: strawberry.ID = strawberry.field(description="The item's id in the module that owns it.")

    def ref(self) -> ItemRef:
        return ItemRef(self.kind, self.id)
