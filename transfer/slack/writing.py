"""Writing a batch of messages in one short transaction.

Nothing is announced: `changes` gets no rows, so streams report nothing, and nobody is notified. Messages that are in
the account are left as they are, so a batch can be written again. A message is appended only if it is not older than
the channel's newest message: the order of a channel is that of its messages' times.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

import orjson
from sqlalchemy import ARRAY, BigInteger, Text
from sqlalchemy.dialects.postgresql import JSONB

from chat.operation import Transaction, operation
from chat.unused_files import keep_new_files
from models.columns import IDENTIFIER, TIMESTAMPTZ
from models.enums import SystemEvent
from models.statements import sql
from transfer.errors import TransferFailed
from transfer.slack.attachment_rows import write_attachments
from transfer.slack.drafts import MessageDraft
from transfer.slack.mention_rows import Audience, write_mentions
from transfer.slack.people_rows import write_people
from transfer.slack.reaction_and_pin_rows import write_pins, write_reactions
from transfer.slack.stored_files import StoredBatch

_LOCK = sql(
    """
    SELECT last_seq, post_count FROM channels
     WHERE account_id = :account_id AND channel_id = :channel_id
       FOR NO KEY UPDATE
    """,
    channel_id=IDENTIFIER,
)

_NEWEST = sql(
    """
    SELECT created_at FROM messages
     WHERE account_id = :account_id AND channel_id = :channel_id AND post_number = :post_count AND system_event IS NULL
    """,
    channel_id=IDENTIFIER,
    post_count=BigInteger,
)

_PRESENT = sql(
    """
    SELECT key.id
      FROM unnest(:message_ids) AS key (id)
           CROSS JOIN LATERAL (
            SELECT FROM messages WHERE account_id = :account_id AND message_id = key.id LIMIT 1
           ) AS message
    """,
    message_ids=ARRAY(IDENTIFIER),
)

_INSERT = sql(
    """
    INSERT INTO messages (account_id, message_id, channel_id, seq, post_number, author_id, body, system_event,
                          system_agent_ids, system_before, system_after, reply_to_id, created_at, edited_at,
                          deleted_at, revision)
    SELECT :account_id, id, :channel_id, seq, post_number, author_id, body, event, agent_ids, before, after,
           reply_to_id, created_at, edited_at, deleted_at, 1
      FROM jsonb_to_recordset(:messages) AS given (
            id uuid, seq bigint, post_number bigint, author_id text, body text, event text, agent_ids text[],
            before text, after text, reply_to_id uuid, created_at timestamptz, edited_at timestamptz,
            deleted_at timestamptz)
    """,
    account_id=Text,
    channel_id=IDENTIFIER,
    messages=JSONB,
)

_ADVANCE = sql(
    """
    UPDATE channels
       SET last_seq = :last_seq, post_count = :post_count,
           last_activity_at = greatest(last_activity_at, :last_activity_at)
     WHERE account_id = :account_id AND channel_id = :channel_id
    """,
    last_activity_at=TIMESTAMPTZ,
)

# Members who had read everything have also read the new messages.
_MOVE_MARKERS = sql(
    """
    UPDATE members SET read_seq = :last_seq, read_posts = :post_count
     WHERE account_id = :account_id AND channel_id = :channel_id AND read_posts = :read_before
    """,
    last_seq=BigInteger,
    post_count=BigInteger,
    read_before=BigInteger,
)


class Numbered(NamedTuple):
    """A message with its place in the channel."""

    draft: MessageDraft
    seq: int
    post_number: int
    reply_to_id: UUID | None


@dataclass(frozen=True)
class Written:
    """What became of a batch."""

    messages: int
    files: int
    older: Sequence[MessageDraft]
    unknown_pins: Sequence[MessageDraft]
    """Reports that a message was pinned that is missing. They are not written."""

    without_parent: Sequence[MessageDraft]
    without_pin: Sequence[MessageDraft]


@dataclass(frozen=True)
class _Channel:
    """The channel before the batch."""

    channel_id: UUID
    last_seq: int
    post_count: int
    newest: datetime | None


@dataclass(frozen=True)
class _Sorted:
    """The messages of a batch that are new."""

    placed: Sequence[MessageDraft]
    older: Sequence[MessageDraft]
    unknown_pins: Sequence[MessageDraft]
    known_ids: set[UUID]
    """What a message of the batch can reply to."""

    def lacks_parent(self, draft: MessageDraft) -> bool:
        return draft.reply_to_id is not None and draft.reply_to_id not in self.known_ids


@operation
async def present_messages(tx: Transaction, message_ids: Sequence[UUID]) -> set[UUID]:
    return await _present(tx, message_ids)


@operation
async def write_batch(tx: Transaction, channel_id: UUID, audience: Audience, batch: StoredBatch) -> Written:
    channel = await _lock(tx, channel_id)
    sorted_batch = _sorted(channel, batch.drafts, await _known(tx, batch.drafts))
    numbered = _numbered(channel, sorted_batch)

    await write_people(tx, [person for message in numbered for person in message.draft.people])
    await _insert(tx, channel_id, numbered)
    await write_mentions(tx, channel_id, audience, [(each.draft, each.seq) for each in numbered])
    await write_reactions(tx, sorted_batch.placed)
    files = await write_attachments(tx, sorted_batch.placed, batch.files)
    without_pin = await write_pins(tx, channel_id, sorted_batch.placed)
    await _advance(tx, channel, numbered)
    new_files = batch.files_of(sorted_batch.placed)
    if new_files is not None and not await keep_new_files(tx, new_files):
        raise TransferFailed(
            "Storing the files of one batch took longer than two hours. Repeat the command to continue."
        )
    return Written(
        messages=len(numbered),
        files=files,
        older=sorted_batch.older,
        unknown_pins=sorted_batch.unknown_pins,
        without_parent=[draft for draft in sorted_batch.placed if sorted_batch.lacks_parent(draft)],
        without_pin=without_pin,
    )


async def _lock(tx: Transaction, channel_id: UUID) -> _Channel:
    row = await tx.fetch_row(_LOCK, channel_id=channel_id)
    assert row is not None, "channels are never deleted"
    last_seq, post_count = row
    newest = await tx.fetch_value(_NEWEST, channel_id=channel_id, post_count=post_count)
    return _Channel(channel_id, last_seq, post_count, newest)


async def _present(tx: Transaction, message_ids: Sequence[UUID]) -> set[UUID]:
    return {message_id for (message_id,) in await tx.fetch(_PRESENT, message_ids=message_ids)}


async def _known(tx: Transaction, drafts: Sequence[MessageDraft]) -> set[UUID]:
    """Returns which of these messages, and of those that they reply to, are in the account."""
    parents = (draft.reply_to_id for draft in drafts)
    ids = [*(draft.message_id for draft in drafts), *(parent for parent in parents if parent is not None)]
    return await _present(tx, ids)


def _sorted(channel: _Channel, drafts: Sequence[MessageDraft], present: set[UUID]) -> _Sorted:
    new = [draft for draft in drafts if draft.message_id not in present]
    older_ids = {draft.message_id for draft in new if channel.newest is not None and draft.sent_at < channel.newest}
    known = present | {draft.message_id for draft in new if draft.message_id not in older_ids}
    unknown_pins = [draft for draft in new if _reports_pin(draft) and draft.reply_to_id not in known]
    writable = [draft for draft in new if draft not in unknown_pins]
    placed = [draft for draft in writable if draft.message_id not in older_ids]
    older = [draft for draft in writable if draft.message_id in older_ids]
    return _Sorted(placed, older, unknown_pins, present | {draft.message_id for draft in placed})


def _reports_pin(draft: MessageDraft) -> bool:
    return draft.event is not None and draft.event.kind == SystemEvent.PINNED


def _numbered(channel: _Channel, batch: _Sorted) -> list[Numbered]:
    numbered: list[Numbered] = []
    posts = channel.post_count
    for seq, draft in enumerate(batch.placed, channel.last_seq + 1):
        posts += draft.event is None
        numbered.append(Numbered(draft, seq, posts, None if batch.lacks_parent(draft) else draft.reply_to_id))
    return numbered


async def _insert(tx: Transaction, channel_id: UUID, numbered: Sequence[Numbered]) -> None:
    if numbered:
        rows = [_row(message) for message in numbered]
        await tx.fetch(_INSERT, channel_id=channel_id, messages=orjson.dumps(rows).decode())


def _row(message: Numbered) -> Mapping[str, object]:
    draft = message.draft
    event = draft.event
    return {
        "id": draft.message_id,
        "seq": message.seq,
        "post_number": message.post_number,
        "author_id": draft.author.agent_id,
        "body": draft.body,
        "event": event.kind if event else None,
        "agent_ids": [person.agent_id for person in event.people] if event else None,
        "before": event.before if event else None,
        "after": event.after if event else None,
        "reply_to_id": message.reply_to_id,
        "created_at": draft.sent_at,
        "edited_at": draft.edited_at,
        "deleted_at": draft.sent_at if draft.is_deleted else None,
    }


async def _advance(tx: Transaction, channel: _Channel, numbered: Sequence[Numbered]) -> None:
    if not numbered:
        return
    last = numbered[-1]
    posts = [each.draft.sent_at for each in numbered if each.draft.event is None]
    numbers = {"last_seq": last.seq, "post_count": last.post_number}
    last_activity_at = max(posts, default=None)
    await tx.fetch(_ADVANCE, channel_id=channel.channel_id, last_activity_at=last_activity_at, **numbers)
    await tx.fetch(_MOVE_MARKERS, channel_id=channel.channel_id, read_before=channel.post_count, **numbers)
