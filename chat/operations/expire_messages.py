"""Removing the messages that are older than their account, or an exception of their channel, keeps them.

Messages are removed from the beginning of a channel: `expired_seq` is the last `seq` that is gone, so the remaining
ones still have no gaps. Each batch is one transaction, which also records how far it got. So the work can stop at any
time and be continued by any process. Several processes can do it at the same time: a batch locks its channel.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import takewhile
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import BigInteger, Integer, Text

from chat.identity import DirectoryToken
from chat.operation import Transaction, operation
from chat.ports import Chat
from chat.removal import remove_contents
from chat.retention import EFFECTIVE_DAYS
from models.columns import IDENTIFIER, TIMESTAMPTZ
from models.database import Database
from models.enums import ChangeKind
from models.statements import sql

BATCH = 200
"""How many messages one transaction removes at most."""

ROWS = 20_000
"""How many rows one transaction removes at most, approximately: a message can have a notification for every member."""

CHANNELS = 20
"""How many channels of an account are processed before those of the next account."""

_ACCOUNTS = sql(
    """
    SELECT account_id FROM accounts WHERE message_retention_days IS NOT NULL
     UNION
    SELECT account_id FROM channels WHERE retention_days > 0
    """
)

# One look at the oldest message of each channel.
_DUE_CHANNELS = sql(
    f"""
    SELECT channel_id
      FROM accounts JOIN channels USING (account_id)
           CROSS JOIN LATERAL (
            SELECT created_at FROM messages
             WHERE account_id = :account_id AND messages.channel_id = channels.channel_id AND seq = expired_seq + 1
             LIMIT 1
           ) AS oldest
     WHERE account_id = :account_id
       AND oldest.created_at < CAST(:now AS timestamptz) - make_interval(days => {EFFECTIVE_DAYS})
     ORDER BY oldest.created_at
     LIMIT :limit
    """,  # noqa: S608
    account_id=Text,
    now=TIMESTAMPTZ,
    limit=Integer,
)

_LOCK_CHANNEL = sql(
    f"""
    SELECT expired_seq, member_count, {EFFECTIVE_DAYS}
      FROM channels JOIN accounts USING (account_id)
     WHERE account_id = :account_id AND channel_id = :channel_id
       FOR NO KEY UPDATE OF channels
    """  # noqa: S608
)

_LOCK_MESSAGES = sql(
    """
    SELECT message_id, seq, post_number, created_at
      FROM messages
     WHERE account_id = :account_id AND channel_id = :channel_id AND seq > :expired_seq
     ORDER BY seq
     LIMIT :limit
       FOR UPDATE
    """
)

_REMOVE_MESSAGES = sql(
    """
    WITH removed AS (
        DELETE FROM messages
         WHERE account_id = :account_id AND channel_id = :channel_id AND seq > :expired_seq AND seq <= :seq
    )
    UPDATE channels SET expired_seq = :seq, expired_posts = :posts
     WHERE account_id = :account_id AND channel_id = :channel_id
    """,
    account_id=Text,
    channel_id=IDENTIFIER,
    expired_seq=BigInteger,
    seq=BigInteger,
    posts=BigInteger,
)


class _Message(NamedTuple):
    message_id: UUID
    seq: int
    post_number: int
    created_at: datetime


async def accounts_with_retention(database: Database) -> list[str]:
    """Returns the accounts that do not keep all messages forever."""
    async with database.connection(None) as connection:
        return [account_id for (account_id,) in await _ACCOUNTS.fetch(connection)]


async def expire_messages(chat: Chat, account_id: str) -> int:
    """Removes one batch of messages of each of the account's channels that have been due for the longest time. Returns
    how many messages were removed; 0 if none is due."""
    now = chat.clock.now()
    async with chat.database.connection(account_id) as connection:
        due = await _DUE_CHANNELS.fetch(connection, account_id=account_id, now=now, limit=CHANNELS)
    identity = DirectoryToken(account_id, expires_at=now)
    return sum([await _expire_batch(chat, identity, channel_id) for (channel_id,) in due])


@operation
async def _expire_batch(tx: Transaction, channel_id: UUID) -> int:
    """Returns how many messages were removed. The last batch of a channel announces that they are gone."""
    ((expired_seq, member_count, days),) = await tx.fetch(_LOCK_CHANNEL, channel_id=channel_id)
    if days is None:
        return 0
    batch = max(1, min(BATCH, ROWS // max(1, member_count)))
    expired = await _expired_messages(tx, channel_id, expired_seq, tx.now - timedelta(days=days), batch + 1)
    removed = expired[:batch]
    if not removed:
        return 0
    await remove_contents(tx, [message.message_id for message in removed])
    last = removed[-1]
    await tx.fetch(
        _REMOVE_MESSAGES, channel_id=channel_id, expired_seq=expired_seq, seq=last.seq, posts=last.post_number
    )
    if len(expired) == len(removed):
        tx.announce(ChangeKind.MESSAGES_EXPIRED, channel_id)
    return len(removed)


async def _expired_messages(
    tx: Transaction, channel_id: UUID, expired_seq: int, before: datetime, limit: int
) -> Sequence[_Message]:
    """Returns the next messages that were sent before this time, up to the first that was not."""
    rows = await tx.fetch(_LOCK_MESSAGES, channel_id=channel_id, expired_seq=expired_seq, limit=limit)
    return list(takewhile(lambda message: message.created_at < before, map(_Message._make, rows)))
