"""When messages were pinned, and the pinned messages of channels."""

from collections import defaultdict
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Select, Text, and_, bindparam, select, true, tuple_
from sqlmodel import col

from chat.access import Pair, pair_arrays, readable_by
from loaders.pages import Page, PageRequest, to_page
from models import Message, Pin
from models.columns import ACCOUNT_ID, IDENTIFIER, TIMESTAMPTZ
from models.database import Connection
from models.rows import MessageRow, columns, to_row
from models.statements import Conditions, FilteredStatement, Statement, keys_table, one_row

PinnedKey = tuple[str, UUID, PageRequest]
"""An agent, a channel, and the page of its pinned messages that is read for the agent."""


def _select_pin_times() -> Select[*tuple[Any, ...]]:
    keys = keys_table(message_id=IDENTIFIER)
    has_key = and_(col(Pin.account_id) == ACCOUNT_ID, col(Pin.message_id) == keys.c.message_id)
    pin = one_row(select(col(Pin.message_id), col(Pin.pinned_at)).where(has_key), "pin")
    return select(*pin.c).select_from(keys).join(pin, true())


def _select_pinned(conditions: Conditions) -> Select[*tuple[Any, ...]]:
    keys = keys_table(agent_id=Text, id=IDENTIFIER)
    pins = (
        select(col(Pin.message_id), col(Pin.pinned_at))
        .where(col(Pin.account_id) == ACCOUNT_ID, col(Pin.channel_id) == keys.c.id, *conditions)
        .order_by(col(Pin.pinned_at).desc(), col(Pin.message_id).desc())
        .limit(bindparam("limit"))
        .lateral("pin")
    )
    has_pin = and_(col(Message.account_id) == ACCOUNT_ID, col(Message.message_id) == pins.c.message_id)
    message = one_row(select(*columns(MessageRow)).where(has_pin), "message")
    return (
        select(keys.c.agent_id, pins.c.pinned_at, *message.c)
        .select_from(keys)
        .join(pins, true())
        .join(message, true())
        .where(readable_by(keys.c.agent_id, keys.c.id))
        .order_by(pins.c.pinned_at.desc(), pins.c.message_id.desc())
    )


_PIN_TIMES = Statement(_select_pin_times())
_PINNED = FilteredStatement(
    _select_pinned,
    tuple_(col(Pin.pinned_at), col(Pin.message_id))
    < tuple_(bindparam("after_time", type_=TIMESTAMPTZ), bindparam("after_id", type_=IDENTIFIER)),
)


async def load_pin_times(connection: Connection, account_id: str, message_ids: list[UUID]) -> dict[UUID, datetime]:
    records = await _PIN_TIMES.fetch(connection, account_id=account_id, message_ids=message_ids)
    return {record[0]: record[1] for record in records}


async def load_pinned(
    connection: Connection, account_id: str, keys: list[PinnedKey]
) -> dict[PinnedKey, Page[MessageRow]]:
    """Returns pages of the pinned messages of channels that the agent can read, latest pin first."""
    found: dict[PinnedKey, Page[MessageRow]] = {}
    for request in {request for _, _, request in keys}:
        pairs = [(agent_id, channel_id) for agent_id, channel_id, of in keys if of == request]
        pages = await _read_pinned(connection, account_id, pairs, request)
        found |= {(*pair, request): page for pair, page in pages.items()}
    return found


async def _read_pinned(
    connection: Connection, account_id: str, pairs: list[Pair], request: PageRequest
) -> dict[Pair, Page[MessageRow]]:
    after_time, after_id = request.after or (None, None)
    records = await _PINNED.fetch(
        connection,
        account_id=account_id,
        **pair_arrays(pairs),
        after_time=datetime.fromisoformat(str(after_time)) if after_time is not None else None,
        after_id=UUID(str(after_id)) if after_id is not None else None,
        limit=request.size + 1,
    )
    pinned: dict[Pair, list[tuple[datetime, MessageRow]]] = defaultdict(list)
    for agent_id, pinned_at, *values in records:
        message = to_row(MessageRow, values)
        pinned[agent_id, message.channel_id].append((pinned_at, message))
    return {pair: page_by_time(of_pair, request) for pair, of_pair in pinned.items()}


def page_by_time(found: list[tuple[datetime, MessageRow]], request: PageRequest) -> Page[MessageRow]:
    """Returns a page of messages that are ordered by these times and their ids."""
    sort_keys = [(time.isoformat(), str(message.message_id)) for time, message in found]
    return to_page([message for _, message in found], sort_keys.__getitem__, request)
