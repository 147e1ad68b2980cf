"""Making imported messages searchable, with the backfill of the search index (`chat.operations.index_messages`)."""

import asyncio
from uuid import UUID

from sqlalchemy import Integer, Text

from chat.identity import Identity
from chat.operation import Transaction, operation
from chat.operations.index_messages import accounts_to_index, index_messages
from chat.ports import Chat
from chat.search_index import SLICE_BITS
from models.columns import IDENTIFIER
from models.statements import sql
from transfer.progress import Progress

PAGE = 10_000
WAIT_SECONDS = 0.2
"""How long to wait for a server that is indexing the account now."""

_LAST_ID = UUID(int=2**128 - 1)

_NEWEST_MISSING = sql(
    """
    SELECT count(*), (array_agg(message_id ORDER BY message_id))[1],
           (array_agg(message_id ORDER BY message_id DESC) FILTER (WHERE is_missing))[1]
      FROM (
            SELECT message_id, is_post AND entry.id IS NULL AS is_missing
              FROM (
                    SELECT message_id, system_event IS NULL AND deleted_at IS NULL AS is_post
                      FROM messages
                     WHERE account_id = :account_id AND message_id < :before_id
                     ORDER BY message_id DESC
                     LIMIT :limit
                   ) AS next
                   LEFT JOIN LATERAL (
                    SELECT message_id AS id FROM search_entries
                     WHERE account_id = :account_id AND message_id = next.message_id
                     LIMIT 1
                   ) AS entry ON true
           ) AS page
    """,
    account_id=Text,
    before_id=IDENTIFIER,
    limit=Integer,
)

_BEGIN = sql(
    f"""
    INSERT INTO search_backfills (account_id, before_id, position)
    SELECT :account_id, :before_id, coalesce((
            SELECT ((slice + 1) << {SLICE_BITS}) - 1 FROM search_entries
             WHERE account_id = :account_id AND message_id > :before_id
             ORDER BY message_id LIMIT 1
           ), change)
      FROM account_clocks
     WHERE account_id = :account_id
    ON CONFLICT (account_id) DO UPDATE SET before_id = excluded.before_id, position = excluded.position
    """,  # noqa: S608
    account_id=Text,
    before_id=IDENTIFIER,
)


async def index_imported(chat: Chat, identity: Identity, progress: Progress, messages: int) -> None:
    """Writes the missing entries of the account's messages. Servers that are running may do a part of it."""
    progress.stage("Indexing for the search", messages or None)
    before_id: UUID | None = _LAST_ID
    while before_id is not None:
        before_id, missing_id = await _newest_missing(chat, identity, before_id)
        if missing_id is not None:
            await _begin(chat, identity, missing_id)
            await _index_all(chat, identity, progress)
            before_id = None


async def _index_all(chat: Chat, identity: Identity, progress: Progress) -> None:
    while identity.account_id in await accounts_to_index(chat.database):
        indexed = await index_messages(chat, identity)
        progress.advance(indexed)
        if not indexed:
            await asyncio.sleep(WAIT_SECONDS)


@operation
async def _newest_missing(tx: Transaction, before_id: UUID) -> tuple[UUID | None, UUID | None]:
    """Returns where the next page begins, if there is one, and the newest message of this page without an entry."""
    row = await tx.fetch_row(_NEWEST_MISSING, before_id=before_id, limit=PAGE)
    assert row is not None
    count, oldest_id, missing_id = row
    return oldest_id if count == PAGE else None, missing_id


@operation
async def _begin(tx: Transaction, missing_id: UUID) -> None:
    """Lets the backfill begin with this message."""
    await tx.fetch(_BEGIN, before_id=UUID(int=missing_id.int + 1))
