"""Deleting stored files that nothing refers to, and uploads that were not sent in time. Any number of processes can do
it at the same time.

A file is claimed in one transaction and deleted after it, so no lock is held while the storage answers. If the process
ends in between, the file is claimed again after the lease. Deleting it twice changes nothing.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import Integer, Text

from chat.identity import DirectoryToken
from chat.operation import Transaction, operation
from chat.ports import Chat
from models.attachments import IS_UNSENT
from models.columns import TEXT_ARRAY, TIMESTAMPTZ
from models.database import Database
from models.statements import sql

BATCH = 200
"""How many uploads or files one transaction claims."""

LEASE = timedelta(minutes=10)
"""How long a process can take to delete the files of a batch."""

# For each account, one look at the beginnings of two indexes.
_ACCOUNTS = sql(
    f"""
    SELECT account_id
      FROM accounts
           CROSS JOIN LATERAL (
            (SELECT true
               FROM attachments
              WHERE attachments.account_id = accounts.account_id AND {IS_UNSENT} AND expires_at <= :now
              LIMIT 1)
              UNION ALL
            (SELECT true
               FROM unused_files
              WHERE unused_files.account_id = accounts.account_id AND delete_at <= :now
              LIMIT 1)
              LIMIT 1
           ) AS due
    """,  # noqa: S608
    now=TIMESTAMPTZ,
)

# An upload that is being sent is locked, and then no longer unsent. The rows are locked, so their ctids do not change.
_EXPIRE = sql(
    f"""
    WITH expired AS (
        SELECT ctid
          FROM attachments
         WHERE account_id = :account_id AND {IS_UNSENT} AND expires_at <= :now
         ORDER BY expires_at
         LIMIT :batch
           FOR UPDATE SKIP LOCKED
    ), removed AS (
        DELETE FROM attachments USING expired
         WHERE attachments.ctid = expired.ctid
     RETURNING storage_key, thumbnail_key
    ), unused AS (
        INSERT INTO unused_files (account_id, storage_key, delete_at)
        SELECT :account_id, storage_key.value, :now
          FROM removed, unnest(ARRAY[storage_key, thumbnail_key]) AS storage_key (value)
         WHERE storage_key.value IS NOT NULL
    )
    SELECT FROM removed
    """,  # noqa: S608
    account_id=Text,
    now=TIMESTAMPTZ,
    batch=Integer,
)

_CLAIM = sql(
    """
    WITH due AS (
        SELECT ctid
          FROM unused_files
         WHERE account_id = :account_id AND delete_at <= :now
         ORDER BY delete_at
         LIMIT :batch
           FOR UPDATE SKIP LOCKED
    )
    UPDATE unused_files SET delete_at = :lease_end
      FROM due
     WHERE unused_files.ctid = due.ctid
    RETURNING storage_key
    """,
    account_id=Text,
    now=TIMESTAMPTZ,
    lease_end=TIMESTAMPTZ,
    batch=Integer,
)

_FORGET = sql(
    "DELETE FROM unused_files WHERE account_id = :account_id AND storage_key = ANY (:storage_keys)",
    storage_keys=TEXT_ARRAY,
)


async def sweep_all(chat: Chat) -> int:
    """Deletes what is due in all accounts. Returns the number of deleted files. Raises FilesUnavailable."""
    now = chat.clock.now()
    account_ids = await _accounts_with_due(chat.database, now)
    return sum([await _sweep(chat, DirectoryToken(account_id, expires_at=now)) for account_id in account_ids])


async def _accounts_with_due(database: Database, now: datetime) -> list[str]:
    async with database.connection(None) as connection:
        return [account_id for (account_id,) in await _ACCOUNTS.fetch(connection, now=now)]


async def _sweep(chat: Chat, identity: DirectoryToken) -> int:
    while await _expire_uploads(chat, identity) == BATCH:
        pass
    deleted = 0
    while storage_keys := await _claim_unused(chat, identity):
        await chat.files.delete(storage_keys)
        await _forget(chat, identity, storage_keys)
        deleted += len(storage_keys)
    return deleted


@operation
async def _expire_uploads(tx: Transaction) -> int:
    """Deletes expired uploads, and returns how many."""
    return len(await tx.fetch(_EXPIRE, now=tx.now, batch=BATCH))


@operation
async def _claim_unused(tx: Transaction) -> Sequence[str]:
    """Returns the keys of files that nobody else deletes until the end of the lease."""
    claimed = await tx.fetch(_CLAIM, now=tx.now, lease_end=tx.now + LEASE, batch=BATCH)
    return [storage_key for (storage_key,) in claimed]


@operation
async def _forget(tx: Transaction, storage_keys: Sequence[str]) -> None:
    await tx.fetch(_FORGET, storage_keys=storage_keys)
