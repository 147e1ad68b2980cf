"""Removing old changes, and making the partitions of the days to come. Streams can resume over the last 14 days, so
older changes are not needed."""

import asyncio
import random
from datetime import UTC, datetime, timedelta

import structlog

from chat.ports import Clock
from live.partitions import make_partitions, remove_days
from loaders.batches import DATABASE_FAILURES
from models.database import Database

RETENTION = timedelta(days=14)
INTERVAL_SECONDS = 3600

log = structlog.get_logger(__name__)


async def prune_periodically(database: Database, clock: Clock) -> None:
    """Prunes at the start and about every hour until it is cancelled. Several processes can prune at the same time."""
    while True:
        try:
            days = await prune(database, clock.now())
        except DATABASE_FAILURES:
            log.warning("pruning_failed")
        else:
            log.info("changes_pruned", days=days)
        await asyncio.sleep(INTERVAL_SECONDS * random.uniform(0.5, 1.5))  # noqa: S311 (jitter, not a secret)


async def prune(database: Database, now: datetime) -> int:
    """Makes the partitions that will be needed, and removes the days whose last change is older than 14 days. Returns
    how many days were removed."""
    today = now.astimezone(UTC).date()
    await make_partitions(database, today)
    return await remove_days(database, today - RETENTION)
