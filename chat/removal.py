"""Removing everything that belongs to messages: their parts and files, what agents have added to them, and what refers
to them. The message itself becomes a tombstone (deleted) or is removed too (expired).
"""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import ARRAY, Text

from chat.operation import Transaction
from chat.parts import STORED_PARTS
from models.columns import IDENTIFIER, TIMESTAMPTZ
from models.statements import sql

BESIDE_PARTS = (
    "mentions",
    "mentioned_agents",
    "reactions",
    "pins",
    "saved_messages",
    "notifications",
    "search_entries",
)
"""The tables with rows that belong to a message, other than those of its parts. Notifications take their unsent e-mails
with them."""

_ROWS = "WHERE account_id = :account_id AND message_id = ANY (:message_ids)"
_REMOVALS = (
    *(part.removal for part in STORED_PARTS),
    *(f"removed_{table} AS (DELETE FROM {table} {_ROWS})" for table in BESIDE_PARTS),  # noqa: S608
)
_REMOVE = sql(
    f"WITH {', '.join(_REMOVALS)} SELECT",
    account_id=Text,
    message_ids=ARRAY(IDENTIFIER),
    now=TIMESTAMPTZ,
)


async def remove_contents(tx: Transaction, message_ids: Sequence[UUID]) -> None:
    """Removes what belongs to the messages, in one statement, and lists their files as unused. An earlier statement of
    the transaction has locked their rows, and so waited for transactions that add something to them."""
    await tx.fetch(_REMOVE, message_ids=message_ids, now=tx.now)
