"""Pinning messages in their channel. Pinning and unpinning increase the message's revision, as every change of it."""

from uuid import UUID

from chat.errors import RefusalCode, Refused
from chat.locking import lock_message, require_viewer
from chat.operation import Transaction, operation
from chat.policies import check_pin
from chat.posting import SystemMessage, post_system_messages
from models.enums import ChangeKind, SystemEvent
from models.rows import MessageRow
from models.statements import sql

PINS_LIMIT = 100
"""How many messages of a channel can be pinned at the same time."""

_COUNT_PINS = sql(
    """
    SELECT count(*), coalesce(bool_or(message_id = :message_id), false)
      FROM pins
     WHERE account_id = :account_id AND channel_id = :channel_id
    """
)

_PIN = sql(
    """
    WITH pinned AS (
        INSERT INTO pins (account_id, message_id, channel_id, pinned_at)
        VALUES (:account_id, :message_id, :channel_id, :now)
    )
    UPDATE messages SET revision = revision + 1
     WHERE account_id = :account_id AND message_id = :message_id
    RETURNING revision
    """
)

_UNPIN = sql(
    """
    WITH unpinned AS (
        DELETE FROM pins WHERE account_id = :account_id AND message_id = :message_id RETURNING message_id
    )
    UPDATE messages SET revision = revision + 1
     WHERE account_id = :account_id AND message_id = :message_id AND EXISTS (SELECT FROM unpinned)
    RETURNING revision
    """
)


@operation
async def pin_message(tx: Transaction, message_id: UUID) -> MessageRow:
    """Pins the message, posts a system message that replies to it, and returns it. Pinning a pinned message changes
    nothing. Raises Refused: INVALID also for the 101st pin of the channel."""
    seat, message = await lock_message(tx, message_id)
    check_pin(await require_viewer(tx), seat, message)
    ((pins, is_pinned),) = await tx.fetch(_COUNT_PINS, channel_id=message.channel_id, message_id=message_id)
    if is_pinned:
        return message
    if pins >= PINS_LIMIT:
        text = f"A channel can have at most {PINS_LIMIT} pinned messages. Unpin another one first."
        raise Refused(RefusalCode.INVALID, text, "messageId")
    revision = await tx.fetch_value(_PIN, message_id=message_id, channel_id=message.channel_id, now=tx.now)
    pinned = _announced(tx, message, revision)
    report = SystemMessage(message.channel_id, seat.agent.agent_id, SystemEvent.PINNED, reply_to_id=message_id)
    await post_system_messages(tx, report)
    return pinned


@operation
async def unpin_message(tx: Transaction, message_id: UUID) -> MessageRow:
    """Unpins the message and returns it. Unpinning a message that is not pinned changes nothing. Raises Refused."""
    seat, message = await lock_message(tx, message_id)
    check_pin(await require_viewer(tx), seat, message)
    revision = await tx.fetch_value(_UNPIN, message_id=message_id)
    return message if revision is None else _announced(tx, message, revision)


def _announced(tx: Transaction, message: MessageRow, revision: int) -> MessageRow:
    changed = message._replace(revision=revision)
    tx.announce_message(ChangeKind.MESSAGE_PINNED, changed)
    return changed
