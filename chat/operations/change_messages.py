"""What can be done to a message after it was sent. Each change takes the next revision of the message."""

from uuid import UUID

import emoji as emoji_data
from sqlalchemy import delete
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col

from chat.entering import enter_message
from chat.errors import RefusalCode, Refused
from chat.mentions import NOBODY, resolve_mentions, rewrite_mentions
from chat.operation import Transaction, operation
from chat.operations.send_message import check_body
from chat.policies import check_delete_message, check_edit_message, check_react
from chat.sharing import remove_cards
from models import Message, Reaction
from models.enums import ChangeKind


@operation
async def edit_message(tx: Transaction, message_id: UUID, body: str) -> Message:
    """Returns the message with its new text and mentions; raises Refused."""
    check_body(body)
    seat, message = await enter_message(tx, message_id)
    check_edit_message(seat, message)
    if message.body == body:
        return message
    mentions = await resolve_mentions(tx, seat, body, message.body)
    message.body = body
    message.edited_at = tx.now
    await _revise(tx, message, ChangeKind.MESSAGE_EDITED)
    await rewrite_mentions(tx, message, mentions)
    return message


@operation
async def delete_message(tx: Transaction, message_id: UUID) -> Message:
    """Returns the tombstone: its text, cards, mentions and reactions are gone. Deleting twice is deleting once."""
    seat, message = await enter_message(tx, message_id)
    check_delete_message(seat, message)
    if message.deleted_at is not None:
        return message
    await rewrite_mentions(tx, message, NOBODY)
    await remove_cards(tx, message)
    await tx.session.execute(
        delete(Reaction).where(col(Reaction.account_id) == tx.account_id, col(Reaction.message_id) == message_id)
    )
    message.body = ""
    message.deleted_at = tx.now
    await _revise(tx, message, ChangeKind.MESSAGE_DELETED)
    return message


@operation
async def add_reaction(tx: Transaction, message_id: UUID, emoji: str) -> Message:
    """Returns the message; adding the same emoji twice is adding it once. Raises Refused INVALID for text."""
    check_emoji(emoji)
    seat, message = await enter_message(tx, message_id)
    check_react(seat, message)
    added = await tx.session.scalar(
        insert(Reaction)
        .values(
            account_id=tx.account_id,
            message_id=message_id,
            emoji=emoji,
            agent_id=seat.agent.agent_id,
            created_at=tx.now,
        )
        .on_conflict_do_nothing()
        .returning(col(Reaction.emoji))
    )
    if added is not None:
        await _revise(tx, message, ChangeKind.MESSAGE_REACTED)
    return message


@operation
async def remove_reaction(tx: Transaction, message_id: UUID, emoji: str) -> Message:
    """Returns the message; removing what is not there changes nothing. Raises Refused INVALID for text."""
    check_emoji(emoji)
    seat, message = await enter_message(tx, message_id)
    check_react(seat, message)
    removed = await tx.session.scalar(
        delete(Reaction)
        .where(
            col(Reaction.account_id) == tx.account_id,
            col(Reaction.message_id) == message_id,
            col(Reaction.emoji) == emoji,
            col(Reaction.agent_id) == seat.agent.agent_id,
        )
        .returning(col(Reaction.emoji))
    )
    if removed is not None:
        await _revise(tx, message, ChangeKind.MESSAGE_REACTED)
    return message


def check_emoji(emoji: str) -> None:
    if not emoji_data.is_emoji(emoji):
        raise Refused(RefusalCode.INVALID, "A reaction is exactly one emoji.", "emoji")


async def _revise(tx: Transaction, message: Message, kind: ChangeKind) -> None:
    """Stores the changed message under its next revision and announces it."""
    message.revision += 1
    await tx.session.flush()
    tx.announce_message(kind, message)
