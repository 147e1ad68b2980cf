"""Sharing items as cards. The source modules are queried before anything is locked, and a card's title and summary
come from their answers."""

import asyncio
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import ARRAY, Text
from uuid_utils.compat import uuid7

from chat.cards import ITEM_ID_LENGTH, Answer, CardAccess, Check, ItemRef, can_be_item_id
from chat.drafts import InputPaths, PartPath
from chat.errors import RefusalCode, Refused
from chat.identity import AgentToken
from chat.operation import Transaction
from chat.ports import CardSource
from models.columns import IDENTIFIER, TEXT_ARRAY, TIMESTAMPTZ
from models.enums import ItemKind
from models.rows import MessageRow
from models.statements import sql

CARDS_LIMIT = 10

_INSERT_CARDS = sql(
    """
    INSERT INTO cards (account_id, card_id, message_id, place, kind, item_id, shared_by, title, summary, created_at)
    SELECT :account_id, card_id, :message_id, place - 1, kind, item_id, :shared_by, title, summary, :now
      FROM unnest(:card_ids, :kinds, :item_ids, :titles, :summaries)
           WITH ORDINALITY AS given (card_id, kind, item_id, title, summary, place)
    """,
    account_id=Text,
    message_id=IDENTIFIER,
    shared_by=Text,
    now=TIMESTAMPTZ,
    card_ids=ARRAY(IDENTIFIER),
    kinds=TEXT_ARRAY,
    item_ids=TEXT_ARRAY,
    titles=TEXT_ARRAY,
    summaries=TEXT_ARRAY,
)


@dataclass(frozen=True)
class CardsPart:
    """The items that a draft shares."""

    refs: tuple[ItemRef, ...]

    @property
    def can_stand_alone(self) -> bool:
        return bool(self.refs)

    def check(self, paths: InputPaths) -> None:
        check_refs(self.refs, paths.card)

    def hash_input(self) -> Sequence[object]:
        return [[[ref.kind, ref.item_id] for ref in self.refs]]


@dataclass(frozen=True)
class SharedItem:
    """An item that the agent who shares it may see, with its current title and summary."""

    ref: ItemRef
    title: str
    summary: str | None


def check_refs(refs: Sequence[ItemRef], path_of: PartPath) -> None:
    """Raises Refused INVALID, with the path of the first invalid reference, for more than 10, duplicates, and ids that
    no item can have."""
    for place, ref in enumerate(refs):
        if place == CARDS_LIMIT:
            raise Refused(RefusalCode.INVALID, f"A message can have at most {CARDS_LIMIT} cards.", *path_of(place))
        if ref in refs[:place]:
            raise Refused(RefusalCode.INVALID, "A message can share an item only once.", *path_of(place))
        if not can_be_item_id(ref.item_id):
            message = f"An item's id must have 1 to {ITEM_ID_LENGTH} printable characters."
            raise Refused(RefusalCode.INVALID, message, *path_of(place))


async def ask_for_items(
    source: CardSource, sharer: AgentToken, refs: Sequence[ItemRef], path_of: PartPath
) -> list[SharedItem]:
    """Returns the items in the given order. Calls each source module at most once, and all of them at the same time.
    Raises Refused SOURCE_UNAVAILABLE, or SHARE_DENIED for an item that is hidden from the sharer, removed, unknown or
    of a disabled module. The four cases are not distinguished."""
    by_kind: dict[ItemKind, list[Check]] = defaultdict(list)
    for ref in refs:
        by_kind[ref.kind].append(Check(sharer.agent_id, ref.item_id))
    answered = await asyncio.gather(
        *(source.answer(sharer.account_id, kind, checks) for kind, checks in by_kind.items())
    )
    answers = dict(zip(by_kind, answered, strict=True))
    return [
        _shared(ref, answers[ref.kind][Check(sharer.agent_id, ref.item_id)], *path_of(place))
        for place, ref in enumerate(refs)
    ]


def _shared(ref: ItemRef, answer: Answer, *path: str) -> SharedItem:
    if answer.access == CardAccess.UNAVAILABLE:
        raise Refused(RefusalCode.SOURCE_UNAVAILABLE, "The item's module did not answer. Try again later.", *path)
    if answer.item is None:
        raise Refused(RefusalCode.SHARE_DENIED, "You cannot share this item.", *path)
    return SharedItem(ref, answer.item.title, answer.item.summary)


async def write_cards(tx: Transaction, message: MessageRow, items: Sequence[SharedItem]) -> None:
    if not items:
        return
    await tx.fetch(
        _INSERT_CARDS,
        message_id=message.message_id,
        shared_by=message.author_id,
        now=tx.now,
        card_ids=[uuid7() for _ in items],
        kinds=[item.ref.kind for item in items],
        item_ids=[item.ref.item_id for item in items],
        titles=[item.title for item in items],
        summaries=[item.summary for item in items],
    )
