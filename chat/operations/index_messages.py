"""Indexing the messages that were sent before the search index existed, from the newest to the oldest.

Each batch is one transaction, which also notes how far it got. So the work can stop at any time and be continued by any
process. Two processes never index the same account at the same time.
"""

import asyncio
from collections.abc import Sequence
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import ARRAY, BigInteger, Integer, Text

from chat.operation import Transaction, operation
from chat.search_index import SLICE_BITS, in_slice
from chat.search_terms import MessageFacts, lexemes
from models.columns import IDENTIFIER, TEXT_ARRAY
from models.database import Database, Record
from models.enums import AttachmentKind, ItemKind
from models.statements import sql

BATCH = 200
BATCH_LENGTH = 100_000
"""How many characters the texts of a batch have at most, unless its only message has more. Making their lexemes
takes less than half a second, and so does the statement that inserts them, even if all of them differ."""

_LAST_ID = UUID(int=2**128 - 1)

_ACCOUNTS = sql("SELECT account_id FROM search_backfills")

_CLAIM = sql(
    """
    SELECT before_id, position FROM search_backfills WHERE account_id = :account_id FOR UPDATE SKIP LOCKED
    """
)

_READ = sql(
    """
    SELECT message.message_id, revision, entry.slice,
           system_event IS NULL AND deleted_at IS NULL AND entry.slice IS NULL AS is_missing,
           channel_id, author_id, body, quoted,
           ARRAY(SELECT kind FROM cards
                  WHERE account_id = :account_id AND message_id = message.message_id ORDER BY place),
           ARRAY(SELECT DISTINCT kind FROM attachments
                  WHERE account_id = :account_id AND message_id = message.message_id),
           ARRAY(SELECT agent_id FROM mentions
                  WHERE account_id = :account_id AND message_id = message.message_id AND agent_id IS NOT NULL),
           coalesce((SELECT bool_or(target <> 'AGENT') FROM mentions
                      WHERE account_id = :account_id AND message_id = message.message_id), false)
      FROM (
            SELECT *, row_number() OVER newer AS number, sum(length(body) + length(quoted)) OVER newer AS total_length
              FROM (
                    SELECT messages.*, coalesce(forward.body, '') AS quoted
                      FROM messages LEFT JOIN LATERAL (
                            SELECT body FROM forwards
                             WHERE account_id = :account_id AND message_id = messages.message_id
                             LIMIT 1
                           ) AS forward ON true
                     WHERE account_id = :account_id AND message_id < :before_id
                     ORDER BY message_id DESC
                     LIMIT :batch
                   ) AS next
            WINDOW newer AS (ORDER BY message_id DESC)
           ) AS message
           LEFT JOIN LATERAL (
            SELECT slice FROM search_entries WHERE account_id = :account_id AND message_id = message.message_id LIMIT 1
           ) AS entry ON true
     WHERE number = 1 OR total_length <= :batch_length
     ORDER BY message.message_id DESC
    """,
    account_id=Text,
    before_id=IDENTIFIER,
    batch=Integer,
    batch_length=Integer,
)

# Waits for edits that have not been committed, and then omits the messages that they changed.
_INSERT = sql(
    f"""
    INSERT INTO search_entries (account_id, message_id, channel_id, slice, created_at, terms)
    SELECT :account_id, message_id, channel_id, slice, created_at, {in_slice("terms", "slice")}::tsvector
      FROM unnest(:message_ids, :revisions, :slices, :all_terms) AS given (message_id, read_revision, slice, terms)
           CROSS JOIN LATERAL (
            SELECT channel_id, created_at FROM messages
             WHERE account_id = :account_id AND message_id = given.message_id AND revision = read_revision
               FOR SHARE
           ) AS message
    ON CONFLICT DO NOTHING
    RETURNING message_id
    """,  # noqa: S608
    account_id=Text,
    message_ids=ARRAY(IDENTIFIER),
    revisions=ARRAY(Integer),
    slices=ARRAY(BigInteger),
    all_terms=TEXT_ARRAY,
)

# The slice of the newest of the older messages that have an entry.
_OLDER_SLICE = sql(
    """
    SELECT slice FROM search_entries
     WHERE account_id = :account_id AND message_id < :before_id
     ORDER BY message_id DESC
     LIMIT 1
    """,
    before_id=IDENTIFIER,
)

_ADVANCE = sql(
    "UPDATE search_backfills SET before_id = :before_id, position = :position WHERE account_id = :account_id",
    before_id=IDENTIFIER,
)
_COMPLETE = sql("DELETE FROM search_backfills WHERE account_id = :account_id")


class _Entry(NamedTuple):
    """An entry to write, made from this revision of the message."""

    message_id: UUID
    revision: int
    slice: int
    facts: MessageFacts


async def accounts_to_index(database: Database) -> list[str]:
    """Returns the accounts that have messages without entries."""
    async with database.connection(None) as connection:
        return [account_id for (account_id,) in await _ACCOUNTS.fetch(connection)]


@operation
async def index_messages(tx: Transaction) -> int:
    """Indexes the account's next messages. Returns how many; 0 if none are left, or another process is indexing the
    account now."""
    claimed = await tx.fetch_row(_CLAIM)
    if claimed is None:
        return 0
    before_id, position = claimed
    rows = await tx.fetch(_READ, before_id=before_id or _LAST_ID, batch=BATCH, batch_length=BATCH_LENGTH)
    if not rows:
        await tx.fetch(_COMPLETE)
        return 0
    older_slice = await tx.fetch_value(_OLDER_SLICE, before_id=rows[-1][0])
    entries, position = _entries(rows, position, older_slice)
    if await _write(tx, entries) < len(entries):
        # The messages that changed meanwhile are read again with the next batch.
        return len(rows)
    await tx.fetch(_ADVANCE, before_id=rows[-1][0], position=position)
    return len(rows)


def _entries(rows: Sequence[Record], position: int, older_slice: int | None) -> tuple[list[_Entry], int]:
    """Returns the missing entries, and the position after them. Slices are in the order of time: a message is in none
    that is later than that of a newer message, or earlier than that of an older one. If messages were imported, there
    may be more of them than the account had changes. Then the oldest are in negative slices."""
    oldest_slices = _slices_of_older(rows, older_slice)
    entries = []
    for (message_id, revision, slice_, is_missing, *found_by), oldest_slice in zip(rows, oldest_slices, strict=True):
        if slice_ is not None:
            position = min(position, ((slice_ + 1) << SLICE_BITS) - 1)
        elif oldest_slice is not None:
            position = max(position, oldest_slice << SLICE_BITS)
        if is_missing:
            entries.append(_Entry(message_id, revision, position >> SLICE_BITS, _facts(*found_by)))
        position -= 1
    return entries, position


def _slices_of_older(rows: Sequence[Record], older_slice: int | None) -> list[int | None]:
    """Returns for each message the slice of the newest older message that has an entry; None if there is none."""
    slices = []
    for _, _, slice_, *_ in reversed(rows):
        slices.append(older_slice)
        older_slice = slice_ if slice_ is not None else older_slice
    return slices[::-1]


def _facts(
    channel_id: UUID,
    author_id: str,
    body: str,
    quoted: str,
    card_kinds: Sequence[str],
    attachment_kinds: Sequence[str],
    mentioned_ids: Sequence[str],
    mentions_group: bool,
) -> MessageFacts:
    return MessageFacts(
        channel_id,
        author_id,
        body,
        quoted,
        attachment_kinds=frozenset(map(AttachmentKind, attachment_kinds)),
        card_kinds=frozenset(map(ItemKind, card_kinds)),
        mentioned_ids=frozenset(mentioned_ids),
        mentions_group=mentions_group,
    )


async def _write(tx: Transaction, entries: Sequence[_Entry]) -> int:
    """Returns how many entries were written. Their lexemes are made in a thread, because long texts take a while."""
    if not entries:
        return 0
    all_terms = await asyncio.to_thread(lambda: [lexemes(entry.facts) for entry in entries])
    written = await tx.fetch(
        _INSERT,
        message_ids=[entry.message_id for entry in entries],
        revisions=[entry.revision for entry in entries],
        slices=[entry.slice for entry in entries],
        all_terms=all_terms,
    )
    return len(written)
