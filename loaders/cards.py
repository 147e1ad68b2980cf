"""The cards of messages, and the source modules' answers about them for each reader."""

import asyncio
from collections import defaultdict
from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import ARRAY, Select, Text, and_, bindparam, func, select, true
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased
from sqlmodel import col

from chat.access import channel_of_message, member_of_channel, readable
from chat.cards import Answer, Check, ItemRef
from chat.ports import CardSource
from execution import LastLoader
from loaders.pages import Page, PageRequest, to_page
from models import Card, Channel, Member, Message
from models.columns import is_one_of
from models.enums import ItemKind

AnswerKey = tuple[str, ItemRef]
"""An agent, and the item that they may or may not see."""


async def load_cards(session: AsyncSession, account_id: str, message_ids: list[UUID]) -> dict[UUID, list[Card]]:
    rows = await session.scalars(
        select(Card)
        .where(col(Card.account_id) == account_id, is_one_of(col(Card.message_id), message_ids))
        .order_by(col(Card.place))
    )
    found: dict[UUID, list[Card]] = defaultdict(list)
    for card in rows:
        found[card.message_id].append(card)
    return found


def answers_loader(source: CardSource, account_id: str) -> LastLoader[AnswerKey, Answer]:
    """Returns a loader that calls each source module once per request or batch of events, and all modules at the same
    time. It comes last, so that one call has the cards of all messages: those of a page, those that they reply to, and
    deeper ones."""

    async def ask(keys: list[AnswerKey]) -> list[Answer]:
        checks: dict[ItemKind, list[Check]] = defaultdict(list)
        for agent_id, ref in keys:
            checks[ref.kind].append(Check(agent_id, ref.item_id))
        calls = [source.answer(account_id, kind, asked) for kind, asked in checks.items()]
        answers = dict(zip(checks, await asyncio.gather(*calls), strict=True))
        return [answers[ref.kind][Check(agent_id, ref.item_id)] for agent_id, ref in keys]

    return LastLoader(ask)


SharedInKey = tuple[str, ItemRef, PageRequest]
"""An agent, an item, and the page of messages with the item that is read for the agent."""


async def load_shared_in(
    session: AsyncSession, account_id: str, keys: list[SharedInKey]
) -> dict[SharedInKey, Page[Message]]:
    """Returns the messages that the agent can read, latest first."""
    found: dict[SharedInKey, Page[Message]] = {}
    for page in {page for _, _, page in keys}:
        items = [(agent_id, ref) for agent_id, ref, of in keys if of == page]
        shared: dict[tuple[str, ItemRef], list[tuple[UUID, Message]]] = defaultdict(list)
        for agent_id, kind, item_id, card_id, message in await session.execute(_shared_in(account_id, items, page)):
            shared[agent_id, ItemRef(ItemKind(kind), item_id)].append((card_id, message))
        for (agent_id, ref), places in shared.items():
            messages, cursors = [message for _, message in places], [(str(card_id),) for card_id, _ in places]
            found[agent_id, ref, page] = to_page(messages, cursors, page)
    return found


def _shared_in(account_id: str, items: Sequence[AnswerKey], page: PageRequest) -> Select[str, str, str, UUID, Message]:
    asked = (
        func.unnest(
            bindparam(None, [agent_id for agent_id, _ in items], type_=ARRAY(Text)),
            bindparam(None, [ref.kind.value for _, ref in items], type_=ARRAY(Text)),
            bindparam(None, [ref.item_id for _, ref in items], type_=ARRAY(Text)),
        )
        .table_valued("agent_id", "kind", "item_id", joins_implicitly=True)
        .render_derived("asked")
    )
    cards = (
        select(Message, col(Card.card_id))
        .join(Card, and_(col(Card.account_id) == account_id, col(Card.message_id) == col(Message.message_id)))
        .join(Channel, channel_of_message())
        .outerjoin(Member, and_(member_of_channel(), col(Member.agent_id) == asked.c.agent_id))
        .where(
            col(Message.account_id) == account_id,
            col(Card.kind) == asked.c.kind,
            col(Card.item_id) == asked.c.item_id,
            readable(),
        )
    )
    if page.after:
        cards = cards.where(col(Card.card_id) < UUID(str(page.after[0])))
    lateral = cards.order_by(col(Card.card_id).desc()).limit(page.size + 1).lateral("page")
    return (
        select(asked.c.agent_id, asked.c.kind, asked.c.item_id, lateral.c.card_id, aliased(Message, lateral))
        .join(lateral, true())
        .order_by(lateral.c.card_id.desc())
    )
