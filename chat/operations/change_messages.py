"""Changing a message after it was sent. Each change increases the message's revision by one."""

from uuid import UUID

from sqlalchemy import delete, exists, func, or_, select
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col

from chat.emojis import qualified_emoji
from chat.errors import RefusalCode, Refused
from chat.locking import lock_message
from chat.mentions import NO_MENTIONS, resolve_mentions, rewrite_mentions
from chat.operation import Transaction, operation
from chat.policies import check_delete_message, check_edit_message, check_react
from chat.sending import check_body, check_has_text
from chat.sharing import remove_cards
from models import Card, Message, Reaction
from models.enums import ChangeKind

EMOJIS_LIMIT = 50
"""How many different emojis a message can have: clients show each as a button."""


@operation
async def edit_message(tx: Transaction, message_id: UUID, body: str) -> Message:
    """Returns the message with its new text and mentions. The text may be empty if the message has a card. Raises
    Refused."""
    check_body(body)
    seat, message = await lock_message(tx, message_id)
    check_edit_message(seat, message)
    if message.body == body:
        return message
    if not await _has_cards(tx, message):
        check_has_text(body)
    mentions = await resolve_mentions(tx, seat, body, message.body)
    message.body = body
    message.edited_at = tx.now
    await _save(tx, message, ChangeKind.MESSAGE_EDITED)
    await rewrite_mentions(tx, message, mentions)
    return message


@operation
async def delete_message(tx: Transaction, message_id: UUID) -> Message:
    """Returns the tombstone: the message without its text, cards, mentions and reactions. Deleting a deleted message
    changes nothing. Raises Refused."""
    seat, message = await lock_message(tx, message_id)
    check_delete_message(seat, message)
    if message.deleted_at is not None:
        return message
    await rewrite_mentions(tx, message, NO_MENTIONS)
    await remove_cards(tx, message)
    await tx.session.execute(
        delete(Reaction).where(col(Reaction.account_id) == tx.account_id, col(Reaction.message_id) == message_id)
    )
    message.body = ""
    message.deleted_at = tx.now
    await _save(tx, message, ChangeKind.MESSAGE_DELETED)
    return message


@operation
async def add_reaction(tx: Transaction, message_id: UUID, emoji: str) -> Message:
    """Returns the message. Adding an emoji that the viewer added before changes nothing. Raises Refused: INVALID also
    for the 51st different emoji."""
    qualified = qualified_emoji(emoji)
    seat, message = await lock_message(tx, message_id)
    check_react(seat, message)
    await _check_emojis_limit(tx, message_id, qualified)
    added = await tx.session.scalar(
        insert(Reaction)
        .values(
            account_id=tx.account_id,
            message_id=message_id,
            emoji=qualified,
            agent_id=seat.agent.agent_id,
            created_at=tx.now,
        )
        .on_conflict_do_nothing()
        .returning(col(Reaction.emoji))
    )
    if added is not None:
        await _save(tx, message, ChangeKind.MESSAGE_REACTED)
    return message


@operation
async def remove_reaction(tx: Transaction, message_id: UUID, emoji: str) -> Message:
    """Returns the message. Removing an emoji that the viewer did not add changes nothing. Raises Refused."""
    qualified = qualified_emoji(emoji)
    seat, message = await lock_message(tx, message_id)
    check_react(seat, message)
    removed = await tx.session.scalar(
        delete(Reaction)
        .where(
            col(Reaction.account_id) == tx.account_id,
            col(Reaction.message_id) == message_id,
            col(Reaction.emoji) == qualified,
            col(Reaction.agent_id) == seat.agent.agent_id,
        )
        .returning(col(Reaction.emoji))
    )
    if removed is not None:
        await _save(tx, message, ChangeKind.MESSAGE_REACTED)
    return message


async def _has_cards(tx: Transaction, message: Message) -> bool:
    cards = exists().where(col(Card.account_id) == tx.account_id, col(Card.message_id) == message.message_id)
    return bool(await tx.session.scalar(select(cards)))


async def _check_emojis_limit(tx: Transaction, message_id: UUID, emoji: str) -> None:
    """Raises Refused INVALID if the emoji is new to the message and the message has 50 already. The caller holds the
    channel's lock, so two transactions cannot both add the last one."""
    on_message = (
        select(col(Reaction.emoji))
        .where(col(Reaction.account_id) == tx.account_id, col(Reaction.message_id) == message_id)
        .correlate(None)
    )
    present = on_message.where(col(Reaction.emoji) == emoji).exists()
    distinct = on_message.with_only_columns(func.count(col(Reaction.emoji).distinct())).scalar_subquery()
    if not await tx.session.scalar(select(or_(present, distinct < EMOJIS_LIMIT))):
        raise Refused(RefusalCode.INVALID, f"A message can have at most {EMOJIS_LIMIT} different emojis.", "emoji")


async def _save(tx: Transaction, message: Message, kind: ChangeKind) -> None:
    """Writes the changed message with its next revision, and announces the change."""
    message.revision += 1
    await tx.session.flush()
    tx.announce_message(kind, message)
