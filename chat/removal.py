"""Removing everything that belongs to messages: their parts and files, what agents have added to them, and what refers
to them. The message itself becomes a tombstone (deleted) or is removed too (expired).
"""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import ARRAY, Text

from chat.operation import Transaction
from chat.parts import STORED_PARTS, deletion
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

# Marking as read and sending e-mails update notifications without locking the message or its channel.
_LOCK_NOTIFICATIONS = sql(
    """
    SELECT count(*)
      FROM unnest(:message_ids) AS message (id)
           CROSS JOIN LATERAL (
            SELECT FROM notifications WHERE account_id = :account_id AND message_id = message.id OFFSET 0 FOR UPDATE
           ) AS locked
    """,
    account_id=Text,
    message_ids=ARRAY(IDENTIFIER),
)
_REMOVALS = (
    *(part.removal for part in STORED_PARTS),
    *(f"removed_{table} AS ({deletion(table)})" for table in BESIDE_PARTS),
)
_REMOVE = sql(
    f"WITH {', '.join(_REMOVALS)} SELECT",
    account_id=Text,
    message_ids=ARRAY(IDENTIFIER),
    now=TIMESTAMPTZ,
)


async def remove_contents(tx: Transaction, message_ids: Sequence[UUID]) -> None:
    """Removes what belongs to the messages, and lists their files as unused. An earlier statement of the transaction
    has locked the messages, and so waited for transactions that add something to them."""
    await tx.fetch(_LOCK_NOTIFICATIONS, message_ids=message_ids)
    await tx.fetch(_REMOVE, message_ids=message_ids, now=tx.now)
