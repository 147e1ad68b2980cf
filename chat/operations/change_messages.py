"""Changing a message after it was sent. Each change increases the message's revision by one."""

from uuid import UUID

from chat.access import Seat
from chat.audit import AuditRecord
from chat.emojis import qualified_emoji
from chat.errors import RefusalCode, Refused
from chat.forwarding import quoted_text
from chat.locking import lock_message
from chat.mentions import resolve_mentions, rewrite_mentions
from chat.message_text import check_body, check_has_text
from chat.operation import Transaction, operation
from chat.parts import stored_part_kinds
from chat.policies import check_delete_message, check_edit_message, check_react
from chat.recipients import notify_of_edited
from chat.removal import remove_contents
from chat.search_index import update_entry
from chat.sending import search_facts
from models.enums import AuditAction, ChangeKind, ChannelKind
from models.rows import MessageRow
from models.statements import sql

EMOJIS_LIMIT = 50
"""How many different emojis a message can have: clients show each as a button."""

_UPDATE_MESSAGE = sql(
    """
    UPDATE messages SET body = :body, edited_at = :edited_at, deleted_at = :deleted_at, revision = :revision
     WHERE account_id = :account_id AND message_id = :message_id
    """
)

_COUNT_EMOJIS = sql(
    """
    SELECT count(DISTINCT emoji), bool_or(emoji = :emoji)
      FROM reactions
     WHERE account_id = :account_id AND message_id = :message_id
    """
)

_INSERT_REACTION = sql(
    """
    INSERT INTO reactions (account_id, message_id, emoji, agent_id, created_at)
    VALUES (:account_id, :message_id, :emoji, :agent_id, :now)
    ON CONFLICT DO NOTHING
    RETURNING emoji
    """
)

_DELETE_REACTION = sql(
    """
    DELETE FROM reactions
     WHERE account_id = :account_id AND message_id = :message_id AND emoji = :emoji AND agent_id = :agent_id
    RETURNING emoji
    """
)


@operation
async def edit_message(tx: Transaction, message_id: UUID, body: str) -> MessageRow:
    """Returns the message with its new text and mentions. The text may be empty if the message has another
    part. Raises Refused."""
    check_body(body)
    seat, message = await lock_message(tx, message_id)
    check_edit_message(seat, message)
    if message.body == body:
        return message
    kinds = await stored_part_kinds(tx, message)
    if not any(kinds):
        check_has_text(body)
    mentions = await resolve_mentions(tx, seat, body, message.body)
    edited = await _save(tx, message._replace(body=body, edited_at=tx.now), ChangeKind.MESSAGE_EDITED)
    quoted = await quoted_text(tx, message_id) if kinds.forwards else ""
    await update_entry(tx, message_id, search_facts(seat, body, quoted, mentions, kinds))
    await rewrite_mentions(tx, edited, mentions)
    await notify_of_edited(tx, seat, edited, mentions.unreachable_ids)
    return edited


@operation
async def delete_message(tx: Transaction, message_id: UUID) -> MessageRow:
    """Returns the tombstone: the message without its parts, mentions, reactions and pin, and saved by nobody. Deleting
    a deleted message changes nothing. Raises Refused."""
    seat, message = await lock_message(tx, message_id)
    check_delete_message(seat, message)
    if message.deleted_at is not None:
        return message
    deleted = await _save(tx, message._replace(body="", deleted_at=tx.now), ChangeKind.MESSAGE_DELETED)
    await remove_contents(tx, [message_id])
    _audit_deletion(tx, seat, deleted)
    return deleted


@operation
async def add_reaction(tx: Transaction, message_id: UUID, emoji: str) -> MessageRow:
    """Returns the message. Adding an emoji that the viewer added before changes nothing. Raises Refused: INVALID also
    for the 51st different emoji."""
    qualified = qualified_emoji(emoji, "emoji")
    seat, message = await lock_message(tx, message_id)
    check_react(seat, message)
    await _check_emojis_limit(tx, message_id, qualified)
    added = await tx.fetch(
        _INSERT_REACTION, message_id=message_id, emoji=qualified, agent_id=seat.agent.agent_id, now=tx.now
    )
    return await _save(tx, message, ChangeKind.MESSAGE_REACTED) if added else message


@operation
async def remove_reaction(tx: Transaction, message_id: UUID, emoji: str) -> MessageRow:
    """Returns the message. Removing an emoji that the viewer did not add changes nothing. Raises Refused."""
    qualified = qualified_emoji(emoji, "emoji")
    seat, message = await lock_message(tx, message_id)
    check_react(seat, message)
    removed = await tx.fetch(_DELETE_REACTION, message_id=message_id, emoji=qualified, agent_id=seat.agent.agent_id)
    return await _save(tx, message, ChangeKind.MESSAGE_REACTED) if removed else message


def _audit_deletion(tx: Transaction, seat: Seat, message: MessageRow) -> None:
    """In a direct message only authors delete, so there is nothing to audit."""
    if seat.channel.kind == ChannelKind.DIRECT:
        tx.direct_channel_ids.add(message.channel_id)
        return
    action = AuditAction.MESSAGE_DELETED
    tx.audit(AuditRecord(action, tx.actor_id, message.channel_id, message.author_id, message.message_id))


async def _check_emojis_limit(tx: Transaction, message_id: UUID, emoji: str) -> None:
    """Raises Refused INVALID if the emoji is new to the message and the message has 50 already. The caller holds the
    channel's lock, so two transactions cannot both add the last one."""
    ((distinct, present),) = await tx.fetch(_COUNT_EMOJIS, message_id=message_id, emoji=emoji)
    if distinct >= EMOJIS_LIMIT and not present:
        raise Refused(RefusalCode.INVALID, f"A message can have at most {EMOJIS_LIMIT} different emojis.", "emoji")


async def _save(tx: Transaction, message: MessageRow, kind: ChangeKind) -> MessageRow:
    """Writes the changed message with its next revision, announces the change, and returns the message."""
    saved = message._replace(revision=message.revision + 1)
    await tx.fetch(
        _UPDATE_MESSAGE,
        message_id=saved.message_id,
        body=saved.body,
        edited_at=saved.edited_at,
        deleted_at=saved.deleted_at,
        revision=saved.revision,
    )
    tx.announce_message(kind, saved)
    return saved
