"""Filling the search index with older messages, in the background."""

import asyncio
import random

import structlog

from chat.identity import DirectoryToken
from chat.operations.index_messages import accounts_to_index, index_messages
from chat.ports import Chat
from loaders.batches import DATABASE_FAILURES

INTERVAL_SECONDS = 60.0
"""How often the database is asked for accounts to index, once all are complete."""

REST = 1.0
"""How long to rest after each batch, as a multiple of the time that it took. Requests come first."""

log = structlog.get_logger(__name__)


async def index_periodically(chat: Chat) -> None:
    """Indexes all messages that have no entries yet, until it is cancelled. Several processes can do it at the same
    time."""
    while True:
        try:
            await index_all(chat, REST)
        except DATABASE_FAILURES:
            log.warning("indexing_failed")
        await asyncio.sleep(INTERVAL_SECONDS * random.uniform(0.5, 1.5))  # noqa: S311 (jitter, not a secret)


async def index_all(chat: Chat, rest: float) -> int:
    """Indexes a batch of each account in turn, until nothing is left that no other process is indexing. Returns how
    many messages it went through."""
    total = 0
    while account_ids := await accounts_to_index(chat.database):
        indexed = sum([await _index_batch(chat, account_id, rest) for account_id in account_ids])
        if indexed == 0:
            break
        total += indexed
    if total:
        log.info("messages_indexed", count=total)
    return total


async def _index_batch(chat: Chat, account_id: str, rest: float) -> int:
    started_at = asyncio.get_running_loop().time()
    indexed = await index_messages(chat, DirectoryToken(account_id, expires_at=chat.clock.now()))
    await asyncio.sleep(rest * (asyncio.get_running_loop().time() - started_at))
    return indexed
