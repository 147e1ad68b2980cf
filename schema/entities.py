"""The nine kinds of items as entities of the federated graph, made from the table of kinds (`chat.item_kinds`).

The modules that own them define their other fields. The chat defines only `id`, `card` and `sharedIn`, because two
subgraphs that both define, say, `Deal.title` do not compose.
"""

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Self, Union
from uuid import UUID

import strawberry

from chat.cards import CardAccess, Item, ItemRef
from chat.item_kinds import ITEM_KINDS
from loaders.pages import empty_page, page_request
from models.enums import ItemKind
from schema.connections import After, Connection, First, connect
from schema.context import Info
from schema.item_cards import CARD_TYPES, ItemCard, card_of
from schema.messages import Message


@strawberry.type
class Entity:
    """An item, known only by its id. Its source module decides what each viewer can see of it."""

    item_kind: ClassVar[ItemKind]
    item_id: strawberry.Private[str]

    @strawberry.field(description="The item's id in the module that owns it.")
    def id(self) -> strawberry.ID:
        return strawberry.ID(self.item_id)

    @strawberry.field(
        description=(
            "The messages in which the item was shared and which the viewer may read, latest first. Empty if the item"
            " was never shared or the viewer may not see it."
        )
    )
    async def shared_in(self, info: Info, first: First = None, after: After = None) -> Connection[Message]:
        asked = page_request("shared in", first, after, UUID)
        if await self.item(info) is None:
            return connect(empty_page(), lambda row: Message(row=row))
        viewer = await info.context.viewer()
        found = await info.context.loaders.shared_in.load((viewer.agent_id, self.ref(), asked))
        return connect(found, lambda row: Message(row=row))

    @classmethod
    async def resolve_reference(cls, info: Info, id: str) -> Self:
        """Accepts any id, since another module sent it: only `card` and `sharedIn` reveal whether it exists."""
        await info.context.viewer()
        return cls(item_id=id)

    def ref(self) -> ItemRef:
        return ItemRef(self.item_kind, self.item_id)

    async def item(self, info: Info) -> Item | None:
        """Returns the item if its module lets the viewer see it now."""
        viewer = await info.context.viewer()
        answer = await info.context.loaders.answers.load((viewer.agent_id, self.ref()))
        return answer.item if answer.access == CardAccess.GRANTED else None


def _entity_type(item_kind: ItemKind) -> type[Entity]:
    kind = ITEM_KINDS[item_kind]

    async def card(self: Entity, info: Info) -> ItemCard | None:
        item = await self.item(info)
        return card_of(item_kind, item) if item is not None else None

    card_field = strawberry.field(
        resolver=card,
        graphql_type=Union[CARD_TYPES[item_kind], None],  # noqa: UP007 (a type that exists only at run time)
        description="The item's details. Null if the viewer may not see the item.",
    )
    namespace = {"__module__": __name__, "item_kind": item_kind, "card": card_field}
    entity: type[Entity] = type(kind.type_name, (Entity,), namespace)
    description = f"{kind.noun[0].upper()}{kind.noun[1:]}, owned by {kind.owner}."
    return strawberry.federation.type(entity, name=kind.type_name, keys=["id"], description=description)


ENTITIES: Mapping[ItemKind, type[Entity]] = {kind: _entity_type(kind) for kind in ItemKind}

SharedEntity: Any = Annotated[
    Union[tuple(ENTITIES.values())],  # noqa: UP007 (the members exist only at run time)
    strawberry.union(name="SharedEntity", description="An item of the platform that can be shared as a card."),
]
