"""What a forward consists of: the original's author, time and text, which it quotes, and the original's cards, which it
shares again. All of it is copied, so later changes of the original do not affect the forward. Another part of messages
that forwards should have is read and written here.

Forwarding a forward quotes the same original again. The text that was added to the first forward is not passed on.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from chat.access import READABLE_MESSAGES
from chat.cards import ItemRef
from chat.locking import not_found
from chat.operation import Transaction
from chat.policies import check_forward
from models.enums import ItemKind
from models.rows import MessageRow, to_row
from models.statements import sql

_QUOTED = sql(
    """
    SELECT original_id, author_id, sent_at, body
      FROM forwards
     WHERE account_id = :account_id AND message_id = :message_id
    """
)

_CARDS = sql(
    "SELECT kind, item_id FROM cards WHERE account_id = :account_id AND message_id = :message_id ORDER BY place"
)

_INSERT_FORWARD = sql(
    """
    INSERT INTO forwards (account_id, message_id, original_id, author_id, sent_at, body)
    VALUES (:account_id, :message_id, :original_id, :author_id, :sent_at, :body)
    """
)

_DELETE_FORWARD = sql("DELETE FROM forwards WHERE account_id = :account_id AND message_id = :message_id")


class Original(NamedTuple):
    """The message that a forward quotes, as it is now."""

    original_id: UUID
    author_id: str
    sent_at: datetime
    body: str


async def read_original(tx: Transaction, agent_id: str, message_id: UUID) -> Original:
    """Returns what a forward of the message quotes. The message's channel is not locked: like a quotation by hand, a
    forward may contain a text that is edited or deleted at the same moment. Raises Refused NOT_FOUND unless the agent
    can read the message, FORBIDDEN for a system message."""
    row = await tx.fetch_row(READABLE_MESSAGES, agent_ids=[agent_id], ids=[message_id])
    if row is None:
        raise not_found("message", "messageId")
    message = to_row(MessageRow, row[1:])
    check_forward(message)
    quoted = await tx.fetch_row(_QUOTED, message_id=message_id)
    if quoted is not None:
        return Original(*quoted)
    return Original(message_id, message.author_id, message.created_at, message.body)


async def read_card_refs(tx: Transaction, message_id: UUID) -> Sequence[ItemRef]:
    """Returns the items of the message's cards, in their order."""
    rows = await tx.fetch(_CARDS, message_id=message_id)
    return [ItemRef(ItemKind(kind), item_id) for kind, item_id in rows]


async def write_forward(tx: Transaction, message: MessageRow, original: Original) -> None:
    await tx.fetch(_INSERT_FORWARD, message_id=message.message_id, **original._asdict())


async def remove_forward(tx: Transaction, message: MessageRow) -> None:
    await tx.fetch(_DELETE_FORWARD, message_id=message.message_id)
