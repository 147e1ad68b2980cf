"""Forgetting old changes: streams resume over two weeks, and the order of changes must not grow for good."""

import asyncio
import random
from datetime import datetime, timedelta

import structlog
from sqlalchemy import select, text
from sqlmodel import col

from chat.ports import Clock
from loaders.batches import DATABASE_FAILURES, Sessions
from models import AccountClock

KEPT = timedelta(days=14)
EVERY_SECONDS = 3600
BATCH = 5_000

log = structlog.get_logger(__name__)

# Only the first rows of the account are looked at: changes are older the smaller their number is.
_PRUNE = text(
    """
    WITH first AS (
        SELECT change, created_at FROM changes WHERE account_id = :account_id ORDER BY change LIMIT :batch
    )
    DELETE FROM changes USING first
     WHERE changes.account_id = :account_id AND changes.change = first.change AND first.created_at < :before
    RETURNING changes.change
    """
)


async def prune_for_good(sessions: Sessions, clock: Clock) -> None:
    """Prunes every hour; several processes doing so at once disturb nobody."""
    while True:
        await asyncio.sleep(EVERY_SECONDS * random.uniform(0.5, 1.5))  # noqa: S311 (jitter, not a secret)
        try:
            pruned = await prune(sessions, clock.now() - KEPT)
        except DATABASE_FAILURES:
            log.warning("pruning_failed")
            continue
        log.info("changes_pruned", count=pruned)


async def prune(sessions: Sessions, before: datetime) -> int:
    """Returns how many changes older than this were forgotten, in every account."""
    async with sessions() as session:
        account_ids = (await session.scalars(select(col(AccountClock.account_id)))).all()
    return sum([await _prune_account(sessions, account_id, before) for account_id in account_ids])


async def _prune_account(sessions: Sessions, account_id: str, before: datetime) -> int:
    pruned = 0
    while True:
        async with sessions() as session:
            gone = await session.execute(_PRUNE, {"account_id": account_id, "batch": BATCH, "before": before})
            count = len(gone.all())
        pruned += count
        if count < BATCH:
            return pruned
