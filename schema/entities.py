"""The nine kinds of items as entities of the federated graph, made from the table of kinds (`chat.item_kinds`).

The modules that own them define their other fields. The chat defines only `id`, `card` and `sharedIn`, because two
subgraphs that both define, say, `Deal.title` do not compose.
"""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, ClassVar, Self, Union
from uuid import UUID

import strawberry

from chat.cards import CardAccess, Item, ItemRef
from chat.item_kinds import ITEM_KINDS
from chat.viewer import Viewer
from execution import Conditional, level_field
from loaders import Loaders
from loaders.cards import AnswerKey
from loaders.pages import PAGE_DEFAULT, empty_page, page_request
from models.enums import ItemKind
from schema.connections import After, Connection, First
from schema.context import Info
from schema.costs import PAGE
from schema.item_cards import CARD_TYPES, ItemCard, card_of
from schema.messages import Message, messages_for


@strawberry.type
class Entity:
    """An item, known only by its id. Its source module decides what each viewer can see of it."""

    item_kind: ClassVar[ItemKind]
    item_id: strawberry.Private[str]
    reader: strawberry.Private[Viewer]

    @strawberry.field(description="The item's id in the module that owns it.")
    def id(self) -> strawberry.ID:
        return strawberry.ID(self.item_id)

    @level_field(
        description=(
            "The messages in which the item was shared and which the viewer may read, latest first. Empty if the item"
            " was never shared or the viewer may not see it."
        ),
        directives=PAGE,
    )
    @staticmethod
    async def shared_in(
        entities: list["Entity"], info: Info, first: First = PAGE_DEFAULT, after: After = None
    ) -> Conditional[Connection[Message]]:
        # The messages are read before the modules answer, so that one call also has their cards.
        request = page_request("shared in", first, after, UUID)
        pages = await info.context.loaders.shared_in.load_many((*entity.key, request) for entity in entities)
        return Conditional(
            [messages_for(entity.reader, page) for entity, page in zip(entities, pages, strict=True)],
            condition=_are_visible(entities, info),
            otherwise=[messages_for(entity.reader, empty_page()) for entity in entities],
        )

    @classmethod
    async def resolve_references(cls, loaders: Loaders, reader: Viewer, ids: Sequence[str]) -> list[Self]:
        """Accepts any id, since another module sent it: only `card` and `sharedIn` reveal whether it exists."""
        return [cls(item_id=id, reader=reader) for id in ids]

    @property
    def key(self) -> AnswerKey:
        return self.reader.agent_id, ItemRef(self.item_kind, self.item_id)


async def _items(entities: Sequence[Entity], info: Info) -> list[Item | None]:
    """Returns each item whose module lets the entity's reader see it now."""
    answers = await info.context.loaders.answers.load_many(entity.key for entity in entities)
    return [answer.item if answer.access == CardAccess.GRANTED else None for answer in answers]


async def _are_visible(entities: Sequence[Entity], info: Info) -> list[bool]:
    return [item is not None for item in await _items(entities, info)]


def _entity_type(item_kind: ItemKind) -> type[Entity]:
    kind = ITEM_KINDS[item_kind]

    async def card(entities: list[Entity], info: Info) -> list[ItemCard | None]:
        return [card_of(item_kind, item) if item is not None else None for item in await _items(entities, info)]

    card_field = level_field(
        graphql_type=Union[CARD_TYPES[item_kind], None],  # noqa: UP007 (a type that exists only at run time)
        description="The item's details. Null if the viewer may not see the item.",
    )(staticmethod(card))
    namespace = {"__module__": __name__, "item_kind": item_kind, "card": card_field}
    entity: type[Entity] = type(kind.type_name, (Entity,), namespace)
    description = f"{kind.noun[0].upper()}{kind.noun[1:]}, owned by {kind.owner}."
    return strawberry.federation.type(entity, name=kind.type_name, keys=["id"], description=description)


ENTITIES: Mapping[ItemKind, type[Entity]] = {kind: _entity_type(kind) for kind in ItemKind}

SharedEntity: Any = Annotated[
    Union[tuple(ENTITIES.values())],  # noqa: UP007 (the members exist only at run time)
    strawberry.union(name="SharedEntity", description="An item of the platform that can be shared as a card."),
]
