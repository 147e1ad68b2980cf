"""Deleting unused files in the background."""

import asyncio
import random

import structlog

from chat.operations.sweep_files import sweep_all
from chat.ports import Chat, FilesUnavailable
from loaders.batches import DATABASE_FAILURES

INTERVAL_SECONDS = 60.0

log = structlog.get_logger(__name__)


async def sweep_files_periodically(chat: Chat) -> None:
    """Deletes unused files and expired uploads about every minute, until it is cancelled. Several processes can do it
    at the same time."""
    while True:
        await asyncio.sleep(INTERVAL_SECONDS * random.uniform(0.5, 1.5))  # noqa: S311 (jitter, not a secret)
        try:
            deleted = await sweep_all(chat)
        except (*DATABASE_FAILURES, FilesUnavailable):
            log.warning("file_sweep_failed")
            continue
        if deleted:
            log.info("files_deleted", count=deleted)
