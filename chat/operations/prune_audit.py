"""Deleting old entries of the audit log. Any number of processes can do it at the same time."""

from datetime import datetime

from sqlalchemy import Integer, Text

from chat.identity import DirectoryToken
from chat.operation import Transaction, operation
from chat.ports import Chat
from models.columns import TIMESTAMPTZ
from models.statements import sql

BATCH = 5_000

# For each account, one look at the beginning of an index.
_ACCOUNTS = sql(
    """
    SELECT account_id
      FROM accounts
           CROSS JOIN LATERAL (
            SELECT FROM audit_entries
             WHERE audit_entries.account_id = accounts.account_id AND created_at < :before
             LIMIT 1
           ) AS old
    """,
    before=TIMESTAMPTZ,
)

_DELETE = sql(
    """
    WITH old AS (
        SELECT ctid
          FROM audit_entries
         WHERE account_id = :account_id AND created_at < :before
         ORDER BY created_at
         LIMIT :batch
           FOR UPDATE SKIP LOCKED
    )
    DELETE FROM audit_entries USING old WHERE audit_entries.ctid = old.ctid
    RETURNING true
    """,
    account_id=Text,
    before=TIMESTAMPTZ,
    batch=Integer,
)


async def prune_audit(chat: Chat, before: datetime) -> int:
    """Deletes all accounts' entries from before this time, in batches. Returns how many were deleted."""
    async with chat.database.connection(None) as connection:
        account_ids = [account_id for (account_id,) in await _ACCOUNTS.fetch(connection, before=before)]
    total = 0
    for account_id in account_ids:
        deleted = BATCH
        while deleted == BATCH:
            deleted = await _delete(chat, DirectoryToken(account_id, expires_at=chat.clock.now()), before)
            total += deleted
    return total


@operation
async def _delete(tx: Transaction, before: datetime) -> int:
    return len(await tx.fetch(_DELETE, before=before, batch=BATCH))
