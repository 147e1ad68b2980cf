"""Which messages agents have saved, and their lists of saved messages."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Select, Text, and_, bindparam, select, true, tuple_
from sqlmodel import col

from chat.access import Pair, pair_arrays, readable_by
from loaders.pages import Page, PageRequest
from loaders.pins import page_by_time
from models import Message, SavedMessage
from models.columns import ACCOUNT_ID, IDENTIFIER, TIMESTAMPTZ
from models.database import Connection
from models.rows import MessageRow, columns, to_row
from models.statements import Conditions, FilteredStatement, Statement, keys_table, one_row

SavedKey = tuple[str, PageRequest]
"""An agent, and the page of the messages that they saved."""


def _select_saved() -> Select[*tuple[Any, ...]]:
    keys = keys_table(agent_id=Text, id=IDENTIFIER)
    has_key = and_(
        col(SavedMessage.account_id) == ACCOUNT_ID,
        col(SavedMessage.message_id) == keys.c.id,
        col(SavedMessage.agent_id) == keys.c.agent_id,
    )
    saved = one_row(select(col(SavedMessage.message_id)).where(has_key), "saved")
    return select(keys.c.agent_id, keys.c.id).select_from(keys).join(saved, true())


def _select_list(conditions: Conditions) -> Select[*tuple[Any, ...]]:
    """Walks the agent's saved messages, latest first, until the page is full. Looks up each message and the agent's
    access to it."""
    is_saved = and_(col(Message.account_id) == ACCOUNT_ID, col(Message.message_id) == col(SavedMessage.message_id))
    message = one_row(select(*columns(MessageRow)).where(is_saved).correlate(SavedMessage), "message")
    return (
        select(col(SavedMessage.saved_at), *message.c)
        .select_from(SavedMessage)
        .join(message, true())
        .where(
            col(SavedMessage.account_id) == ACCOUNT_ID,
            col(SavedMessage.agent_id) == bindparam("agent_id"),
            message.c.deleted_at.is_(None),
            readable_by(col(SavedMessage.agent_id), message.c.channel_id),
            *conditions,
        )
        .order_by(col(SavedMessage.saved_at).desc(), col(SavedMessage.message_id).desc())
        .limit(bindparam("limit"))
    )


_SAVED = Statement(_select_saved())
_LIST = FilteredStatement(
    _select_list,
    tuple_(col(SavedMessage.saved_at), col(SavedMessage.message_id))
    < tuple_(bindparam("after_time", type_=TIMESTAMPTZ), bindparam("after_id", type_=IDENTIFIER)),
)


async def load_saved(connection: Connection, account_id: str, pairs: list[Pair]) -> dict[Pair, bool]:
    """Returns the agents and messages of which the agent has saved the message."""
    records = await _SAVED.fetch(connection, account_id=account_id, **pair_arrays(pairs))
    return {(record[0], record[1]): True for record in records}


async def load_saved_lists(
    connection: Connection, account_id: str, keys: list[SavedKey]
) -> dict[SavedKey, Page[MessageRow]]:
    """Returns pages of the messages that the agents saved, latest first, without those that were deleted and those that
    the agent cannot read any more."""
    return {key: await _list(connection, account_id, *key) for key in keys}


async def _list(connection: Connection, account_id: str, agent_id: str, request: PageRequest) -> Page[MessageRow]:
    after_time, after_id = request.after or (None, None)
    records = await _LIST.fetch(
        connection,
        account_id=account_id,
        agent_id=agent_id,
        after_time=datetime.fromisoformat(str(after_time)) if after_time is not None else None,
        after_id=UUID(str(after_id)) if after_id is not None else None,
        limit=request.size + 1,
    )
    return page_by_time([(saved_at, to_row(MessageRow, values)) for saved_at, *values in records], request)
