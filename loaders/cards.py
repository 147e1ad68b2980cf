"""The cards of messages, and the source modules' answers about them for each reader."""

import asyncio
from collections import defaultdict
from typing import Any
from uuid import UUID

from sqlalchemy import Select, Text, and_, bindparam, select, true
from sqlmodel import col

from chat.access import readable_by
from chat.cards import Answer, Check, ItemRef
from chat.ports import CardSource
from execution import LastLoader
from loaders.pages import Page, PageRequest, to_page
from models import Card, Message
from models.columns import ACCOUNT_ID, IDENTIFIER
from models.database import Connection
from models.enums import ItemKind
from models.rows import CardRow, MessageRow, columns, to_row
from models.statements import Conditions, FilteredStatement, Statement, keys_table, rows_of_keys

AnswerKey = tuple[str, ItemRef]
"""An agent, and the item that they may or may not see."""


SharedInKey = tuple[str, ItemRef, PageRequest]
"""An agent, an item, and the page of messages with the item that is read for the agent."""


def _select_shared_in(conditions: Conditions) -> Select[*tuple[Any, ...]]:
    keys = keys_table(agent_id=Text, kind=Text, item_id=Text)
    page = (
        select(*columns(MessageRow), col(Card.card_id))
        .join(Card, and_(col(Card.account_id) == ACCOUNT_ID, col(Card.message_id) == col(Message.message_id)))
        .where(
            col(Message.account_id) == ACCOUNT_ID,
            col(Card.kind) == keys.c.kind,
            col(Card.item_id) == keys.c.item_id,
            readable_by(keys.c.agent_id, col(Message.channel_id)),
            *conditions,
        )
        .order_by(col(Card.card_id).desc())
        .limit(bindparam("limit"))
        .lateral("page")
    )
    return (
        select(keys.c.agent_id, keys.c.kind, keys.c.item_id, page.c.card_id, *columns(MessageRow, page))
        .join(page, true())
        .order_by(page.c.card_id.desc())
    )


def _select_cards() -> Select[*tuple[Any, ...]]:
    """The cards of each message are in the order of their places."""
    keys = keys_table(message_id=IDENTIFIER)
    has_key = and_(col(Card.account_id) == ACCOUNT_ID, col(Card.message_id) == keys.c.message_id)
    return rows_of_keys(keys, select(*columns(CardRow)).where(has_key).order_by(col(Card.place)))


_CARDS = Statement(_select_cards())
_SHARED_IN = FilteredStatement(_select_shared_in, col(Card.card_id) < bindparam("after_id"))


async def load_cards(connection: Connection, account_id: str, message_ids: list[UUID]) -> dict[UUID, list[CardRow]]:
    found: dict[UUID, list[CardRow]] = defaultdict(list)
    for record in await _CARDS.fetch(connection, account_id=account_id, message_ids=message_ids):
        card = to_row(CardRow, record)
        found[card.message_id].append(card)
    return found


def answers_loader(source: CardSource, account_id: str) -> LastLoader[AnswerKey, Answer]:
    """Returns a loader that calls each source module once per request or batch of events, and all modules at the same
    time. It comes last, so that one call has the cards of all messages: those of a page, those that they reply to, and
    deeper ones."""

    async def read(keys: list[AnswerKey]) -> list[Answer]:
        checks: dict[ItemKind, list[Check]] = defaultdict(list)
        for agent_id, ref in keys:
            checks[ref.kind].append(Check(agent_id, ref.item_id))
        calls = [source.answer(account_id, kind, of_kind) for kind, of_kind in checks.items()]
        answers = dict(zip(checks, await asyncio.gather(*calls), strict=True))
        return [answers[ref.kind][Check(agent_id, ref.item_id)] for agent_id, ref in keys]

    return LastLoader(read)


async def load_shared_in(
    connection: Connection, account_id: str, keys: list[SharedInKey]
) -> dict[SharedInKey, Page[MessageRow]]:
    """Returns the messages that the agent can read, latest first."""
    found: dict[SharedInKey, Page[MessageRow]] = {}
    for request in {request for _, _, request in keys}:
        items = [(agent_id, ref) for agent_id, ref, of in keys if of == request]
        records = await _SHARED_IN.fetch(
            connection,
            account_id=account_id,
            agent_ids=[agent_id for agent_id, _ in items],
            kinds=[ref.kind for _, ref in items],
            item_ids=[ref.item_id for _, ref in items],
            after_id=UUID(str(request.after[0])) if request.after else None,
            limit=request.size + 1,
        )
        shared: dict[AnswerKey, list[tuple[UUID, MessageRow]]] = defaultdict(list)
        for record in records:
            agent_id, kind, item_id, card_id = record[:4]
            shared[agent_id, ItemRef(ItemKind(kind), item_id)].append((card_id, to_row(MessageRow, record[4:])))
        for (agent_id, ref), places in shared.items():
            messages, sort_keys = [message for _, message in places], [(str(card_id),) for card_id, _ in places]
            found[agent_id, ref, request] = to_page(messages, sort_keys.__getitem__, request)
    return found
