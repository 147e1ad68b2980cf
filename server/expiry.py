"""Removing expired messages in the background."""

import asyncio
import random

import structlog

from chat.operations.expire_messages import accounts_with_retention, expire_messages
from chat.ports import Chat
from loaders.batches import DATABASE_FAILURES

INTERVAL_SECONDS = 600.0

REST = 1.0
"""How long to rest after some batches, as a multiple of the time that they took. Requests come first."""

log = structlog.get_logger(__name__)


async def expire_periodically(chat: Chat) -> None:
    """Removes expired messages about every ten minutes, until it is cancelled. Several processes can do it at the same
    time."""
    while True:
        await asyncio.sleep(INTERVAL_SECONDS * random.uniform(0.5, 1.5))  # noqa: S311 (jitter, not a secret)
        try:
            await expire_all(chat, REST)
        except DATABASE_FAILURES:
            log.warning("expiry_failed")


async def expire_all(chat: Chat, rest: float) -> int:
    """Removes some batches of each account in turn, until nothing is due. Returns how many messages were removed."""
    total = 0
    account_ids = await accounts_with_retention(chat.database)
    while account_ids:
        removed = {account_id: await _expire(chat, account_id, rest) for account_id in account_ids}
        account_ids = [account_id for account_id, count in removed.items() if count]
        total += sum(removed.values())
    if total:
        log.info("messages_expired", count=total)
    return total


async def _expire(chat: Chat, account_id: str, rest: float) -> int:
    started_at = asyncio.get_running_loop().time()
    removed = await expire_messages(chat, account_id)
    await asyncio.sleep(rest * (asyncio.get_running_loop().time() - started_at))
    return removed
