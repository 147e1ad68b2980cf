"""Deleting old changes. Streams can resume over the last 14 days, so older changes are not needed."""

import asyncio
import random
from datetime import datetime, timedelta

import structlog

from chat.ports import Clock
from loaders.batches import DATABASE_FAILURES
from models.database import Database
from models.statements import sql

RETENTION = timedelta(days=14)
INTERVAL_SECONDS = 3600
BATCH = 5_000

log = structlog.get_logger(__name__)

# Reads only the account's first changes: a lower number means an older change. The changes that are left have no gaps.
_PRUNE = sql(
    """
    WITH first AS (
        SELECT change, created_at FROM changes WHERE account_id = :account_id ORDER BY change LIMIT :batch
    ), pruned AS (
        DELETE FROM changes
         WHERE account_id = :account_id AND change <= (SELECT max(change) FROM first WHERE created_at < :before)
     RETURNING change
    ), agents AS (
        DELETE FROM changed_agents WHERE account_id = :account_id AND change <= (SELECT max(change) FROM pruned)
    )
    SELECT change FROM pruned
    """
)


_ACCOUNTS = sql("SELECT account_id FROM account_clocks")


async def prune_periodically(database: Database, clock: Clock) -> None:
    """Prunes about every hour until it is cancelled. Several processes can prune at the same time."""
    while True:
        await asyncio.sleep(INTERVAL_SECONDS * random.uniform(0.5, 1.5))  # noqa: S311 (jitter, not a secret)
        try:
            pruned = await prune(database, clock.now() - RETENTION)
        except DATABASE_FAILURES:
            log.warning("pruning_failed")
            continue
        log.info("changes_pruned", count=pruned)


async def prune(database: Database, before: datetime) -> int:
    """Deletes all accounts' changes from before this time. Returns how many were deleted."""
    async with database.connection(None) as connection:
        account_ids = [account_id for (account_id,) in await _ACCOUNTS.fetch(connection)]
    return sum([await _prune_account(database, account_id, before) for account_id in account_ids])


async def _prune_account(database: Database, account_id: str, before: datetime) -> int:
    pruned = 0
    while True:
        async with database.connection(account_id) as connection:
            count = len(await _PRUNE.fetch(connection, account_id=account_id, batch=BATCH, before=before))
        pruned += count
        if count < BATCH:
            return pruned
