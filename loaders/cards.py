"""The cards of messages, and what the source modules answer about them to each reader."""

import asyncio
from collections import defaultdict
from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col
from strawberry.dataloader import DataLoader

from chat.cards import Answer, Check, ItemRef
from chat.ports import CardSource
from models import Card
from models.enums import ItemKind

AnswerKey = tuple[str, ItemRef]
"""May this agent see this item?"""


async def load_cards(session: AsyncSession, account_id: str, message_ids: list[UUID]) -> dict[UUID, list[Card]]:
    rows = await session.scalars(
        select(Card)
        .where(col(Card.account_id) == account_id, col(Card.message_id).in_(message_ids))
        .order_by(col(Card.place))
    )
    found: dict[UUID, list[Card]] = defaultdict(list)
    for card in rows:
        found[card.message_id].append(card)
    return found


def answers_loader(source: CardSource, account_id: str) -> DataLoader[AnswerKey, Answer]:
    """Returns a loader that asks each module once for all that a request or an event wants to know of it, and all
    modules at once; it lives no longer than they do."""

    async def load(keys: Sequence[AnswerKey]) -> list[Answer]:
        checks: dict[ItemKind, list[Check]] = defaultdict(list)
        for agent_id, ref in keys:
            checks[ref.kind].append(Check(agent_id, ref.item_id))
        answered = await asyncio.gather(*(source.answer(account_id, kind, asked) for kind, asked in checks.items()))
        answers = dict(zip(checks, answered, strict=True))
        return [answers[ref.kind][Check(agent_id, ref.item_id)] for agent_id, ref in keys]

    return DataLoader(load)
