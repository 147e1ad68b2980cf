"""The outbox as operators see it: what waits, what failed and why, and new attempts for failed e-mails.

These statements are about all accounts. A command executes them once, so they may read whole tables.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from models.notifications import IS_WAITING

_ENTRIES = text(
    f"""
    SELECT account_id, 'notifications', email_state AS state, NULL AS reason, count(*), min(created_at), min(email_at)
      FROM notifications
     WHERE {IS_WAITING}
     GROUP BY account_id, email_state
     UNION ALL
    SELECT account_id, 'e-mails', state, last_error, count(*), min(created_at),
           CASE state WHEN 'WAITING' THEN min(next_attempt_at) END
      FROM emails
     WHERE state IN ('WAITING', 'FAILED')
     GROUP BY account_id, state, last_error
     ORDER BY account_id, 2 DESC, state DESC, reason
    """  # noqa: S608
)

# They keep their ids, from which their Message-IDs are derived.
_RETRY = text(
    """
    WITH retried AS (
        UPDATE emails SET state = 'WAITING', attempts = 0, next_attempt_at = :now
         WHERE state = 'FAILED'
     RETURNING account_id, email_id
    ), waiting AS (
        UPDATE notifications SET email_state = 'WAITING', email_at = :now
          FROM retried
         WHERE notifications.account_id = retried.account_id AND notifications.email_id = retried.email_id
           AND email_state = 'FAILED'
    )
    SELECT count(*) FROM retried
    """
)


class OutboxEntry(NamedTuple):
    """What is in the outbox of an account for the same reason: notifications that no e-mail contains yet, or e-mails.
    `reason` is the last failure of e-mails. `next_at` is when the first of them is due; None if they
    failed."""

    account_id: str
    kind: str
    state: str
    reason: str | None
    amount: int
    oldest: datetime
    next_at: datetime | None


async def read_outbox(connection: AsyncConnection) -> Sequence[OutboxEntry]:
    return [OutboxEntry(*row) for row in await connection.execute(_ENTRIES)]


async def retry_failed(connection: AsyncConnection, now: datetime) -> int:
    """Queues all failed e-mails again and returns their number."""
    return int((await connection.execute(_RETRY, {"now": now})).scalar_one())
