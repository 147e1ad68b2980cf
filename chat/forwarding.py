"""What a forward quotes: the original's author, time and text, and its cards, which it shares again. Its files are
copied too (`chat.copied_files`), so later changes of the original do not affect the forward.

Forwarding a forward quotes the same original again. The text that was added to the first forward is not passed on.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from chat.access import READABLE_MESSAGES
from chat.cards import ItemRef
from chat.drafts import InputPaths
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


@dataclass(frozen=True)
class ForwardPart:
    """The message that a draft forwards, if it does."""

    message_id: UUID | None

    @property
    def can_stand_alone(self) -> bool:
        return self.message_id is not None

    def check(self, _: InputPaths) -> None:
        """The message is read when the forward is written."""

    def hash_input(self) -> Sequence[object]:
        return [{"forwarded": self.message_id}] if self.message_id is not None else []


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


async def quoted_text(tx: Transaction, message_id: UUID) -> str:
    """Returns the text that the message quotes; empty if it is not a forward."""
    quoted = await tx.fetch_row(_QUOTED, message_id=message_id)
    return Original(*quoted).body if quoted is not None else ""


async def read_card_refs(tx: Transaction, message_id: UUID) -> Sequence[ItemRef]:
    """Returns the items of the message's cards, in their order."""
    rows = await tx.fetch(_CARDS, message_id=message_id)
    return [ItemRef(ItemKind(kind), item_id) for kind, item_id in rows]


async def write_forward(tx: Transaction, message: MessageRow, original: Original) -> None:
    await tx.fetch(_INSERT_FORWARD, message_id=message.message_id, **original._asdict())
