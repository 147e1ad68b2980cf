"""Saving messages for oneself. It is personal: not part of the order of changes, but signalled to the agent's other
devices."""

from uuid import UUID

from sqlalchemy import Text

from chat.access import READABLE_MESSAGES
from chat.errors import RefusalCode, Refused
from chat.locking import not_found, require_viewer
from chat.operation import Transaction, operation
from chat.policies import check_not_deleted
from models.columns import TIMESTAMPTZ
from models.rows import MessageRow, to_row
from models.statements import sql

SAVED_LIMIT = 10_000
"""How many messages an agent can have saved."""

# Two devices of the agent that both find one free place do not both take it.
_ONE_AT_A_TIME = sql(
    "SELECT pg_advisory_xact_lock(hashtextextended(:account_id || ' saved messages of ' || :agent_id, 0))",
    account_id=Text,
    agent_id=Text,
)

_COUNT_SAVED = sql(
    """
    SELECT count(*), coalesce(bool_or(message_id = :message_id), false)
      FROM saved_messages
     WHERE account_id = :account_id AND agent_id = :agent_id
    """
)

# FOR SHARE waits for a transaction that is deleting the message, and then finds nothing.
_SAVE = sql(
    """
    INSERT INTO saved_messages (account_id, message_id, agent_id, saved_at)
    SELECT account_id, message_id, :agent_id, :now
      FROM messages
     WHERE account_id = :account_id AND message_id = :message_id AND deleted_at IS NULL
       FOR SHARE
    RETURNING message_id
    """,
    account_id=Text,
    agent_id=Text,
    now=TIMESTAMPTZ,
)

_UNSAVE = sql(
    """
    DELETE FROM saved_messages
     WHERE account_id = :account_id AND message_id = :message_id AND agent_id = :agent_id
    RETURNING message_id
    """
)


@operation
async def save_message(tx: Transaction, message_id: UUID) -> MessageRow:
    """Saves the message for the viewer and returns it. Saving a saved message changes nothing. Raises Refused: INVALID
    for the 10,001st."""
    agent_id, message = await _readable_message(tx, message_id)
    check_not_deleted(message)
    await tx.fetch(_ONE_AT_A_TIME, agent_id=agent_id)
    ((saved, is_saved),) = await tx.fetch(_COUNT_SAVED, agent_id=agent_id, message_id=message_id)
    if is_saved:
        return message
    if saved >= SAVED_LIMIT:
        text = f"You can have at most {SAVED_LIMIT:,} saved messages. Remove another one first."
        raise Refused(RefusalCode.INVALID, text, "messageId")
    if not await tx.fetch(_SAVE, message_id=message_id, agent_id=agent_id, now=tx.now):
        raise not_found("message", "messageId")
    tx.signal_devices(agent_id, message.channel_id)
    return message


@operation
async def unsave_message(tx: Transaction, message_id: UUID) -> MessageRow:
    """Removes the message from the viewer's saved messages and returns it. Raises Refused NOT_FOUND for a message that
    the viewer cannot read."""
    agent_id, message = await _readable_message(tx, message_id)
    if await tx.fetch(_UNSAVE, message_id=message_id, agent_id=agent_id):
        tx.signal_devices(agent_id, message.channel_id)
    return message


async def _readable_message(tx: Transaction, message_id: UUID) -> tuple[str, MessageRow]:
    agent_id = (await require_viewer(tx)).agent_id
    row = await tx.fetch_row(READABLE_MESSAGES, agent_ids=[agent_id], ids=[message_id])
    if row is None:
        raise not_found("message", "messageId")
    return agent_id, to_row(MessageRow, row[1:])
