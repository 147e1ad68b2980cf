"""Deleting old entries of the audit log in the background."""

import asyncio
import random
from datetime import timedelta

import structlog

from chat.operations.prune_audit import prune_audit
from chat.ports import Chat
from loaders.batches import DATABASE_FAILURES

INTERVAL_SECONDS = 3600.0

log = structlog.get_logger(__name__)


async def prune_audit_periodically(chat: Chat, kept: timedelta) -> None:
    """Deletes entries that are older than `kept` about every hour, until it is cancelled. Several processes can do it
    at the same time."""
    while True:
        await asyncio.sleep(INTERVAL_SECONDS * random.uniform(0.5, 1.5))  # noqa: S311 (jitter, not a secret)
        try:
            deleted = await prune_audit(chat, chat.clock.now() - kept)
        except DATABASE_FAILURES:
            log.warning("audit_pruning_failed")
            continue
        if deleted:
            log.info("audit_entries_deleted", count=deleted)
