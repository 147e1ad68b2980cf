"""What can be done to a message after it was sent. Each change takes the next revision of the message."""

from uuid import UUID

from sqlalchemy import delete, exists, func, or_, select
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col

from chat.emojis import qualified_emoji
from chat.entering import enter_message
from chat.errors import RefusalCode, Refused
from chat.mentions import NOBODY, resolve_mentions, rewrite_mentions
from chat.operation import Transaction, operation
from chat.operations.send_message import check_body, check_says_something
from chat.policies import check_delete_message, check_edit_message, check_react
from chat.sharing import remove_cards
from models import Card, Message, Reaction
from models.enums import ChangeKind

EMOJIS_LIMIT = 50
"""Different emojis on one message: each is a button under it for every reader."""


@operation
async def edit_message(tx: Transaction, message_id: UUID, body: str) -> Message:
    """Returns the message with its new text and mentions; beside a card the text may be empty. Raises Refused."""
    check_body(body)
    seat, message = await enter_message(tx, message_id)
    check_edit_message(seat, message)
    if message.body == body:
        return message
    if not await _carries_cards(tx, message):
        check_says_something(body)
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
    """Returns the message; adding the same emoji twice is adding it once. Raises Refused INVALID for text, and for
    another emoji beside 50."""
    qualified = qualified_emoji(emoji)
    seat, message = await enter_message(tx, message_id)
    check_react(seat, message)
    await _check_room_for(tx, message_id, qualified)
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
        await _revise(tx, message, ChangeKind.MESSAGE_REACTED)
    return message


@operation
async def remove_reaction(tx: Transaction, message_id: UUID, emoji: str) -> Message:
    """Returns the message; removing what is not there changes nothing. Raises Refused INVALID for text."""
    qualified = qualified_emoji(emoji)
    seat, message = await enter_message(tx, message_id)
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
        await _revise(tx, message, ChangeKind.MESSAGE_REACTED)
    return message


async def _carries_cards(tx: Transaction, message: Message) -> bool:
    cards = exists().where(col(Card.account_id) == tx.account_id, col(Card.message_id) == message.message_id)
    return bool(await tx.session.scalar(select(cards)))


async def _check_room_for(tx: Transaction, message_id: UUID, emoji: str) -> None:
    """Raises Refused INVALID if the emoji would be one too many; whoever joins one that is there takes no room. The
    channel's lock, which the caller holds, keeps two last ones from coming at once."""
    on_message = (
        select(col(Reaction.emoji))
        .where(col(Reaction.account_id) == tx.account_id, col(Reaction.message_id) == message_id)
        .correlate(None)
    )
    joined = on_message.where(col(Reaction.emoji) == emoji).exists()
    distinct = on_message.with_only_columns(func.count(col(Reaction.emoji).distinct())).scalar_subquery()
    if not await tx.session.scalar(select(or_(joined, distinct < EMOJIS_LIMIT))):
        raise Refused(RefusalCode.INVALID, f"A message carries at most {EMOJIS_LIMIT} different emojis.", "emoji")


async def _revise(tx: Transaction, message: Message, kind: ChangeKind) -> None:
    """Stores the changed message under its next revision and announces it."""
    message.revision += 1
    await tx.session.flush()
    tx.announce_message(kind, message)
