"""Completing, in the background, what follows when agents are activated or deactivated."""

import asyncio
import random
from datetime import timedelta

import structlog

from chat.identity import DirectoryToken
from chat.operations.activations import accounts_with_pending, apply_activations
from chat.ports import Chat
from loaders.batches import DATABASE_FAILURES

INTERVAL_SECONDS = 5.0

GRACE = timedelta(seconds=10)
"""The directory sync itself updates the channels at first. Only what it has left is done here."""

log = structlog.get_logger(__name__)


async def apply_activations_periodically(chat: Chat) -> None:
    """Updates the channels of agents who were activated or deactivated, until it is cancelled. Several processes can do
    it at the same time."""
    while True:
        await asyncio.sleep(INTERVAL_SECONDS * random.uniform(0.5, 1.5))  # noqa: S311 (jitter, not a secret)
        try:
            await _apply_all(chat)
        except DATABASE_FAILURES:
            log.warning("activations_not_applied")


async def _apply_all(chat: Chat) -> None:
    now = chat.clock.now()
    for account_id in await accounts_with_pending(chat.database, now - GRACE):
        await apply_activations(chat, DirectoryToken(account_id, expires_at=now))
