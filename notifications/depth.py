"""How much the outbox contains, for the metrics. Unlike `notifications.outbox`, this reads a bounded number of rows."""

from datetime import datetime, timedelta
from typing import NamedTuple

from models.columns import TIMESTAMPTZ
from models.database import Database
from models.notifications import IS_WAITING
from models.statements import sql

LIMIT = 1_000
"""How many entries of each kind and account are counted at most."""

FAILED_SINCE = timedelta(days=7)
"""How old failed e-mails may be to be counted. They are kept, and the metric should return to 0."""


def _count(table: str, condition: str) -> str:
    """Returns a subquery that reads the beginning of one partial index."""
    return f"""(
            SELECT count(*) FROM (
                SELECT FROM {table} WHERE {table}.account_id = accounts.account_id AND {condition} LIMIT {LIMIT}
            ) AS entries
           )"""  # noqa: S608


_DUE_NOTIFICATION = f"{IS_WAITING} AND email_at <= :now"
_DUE_EMAIL = "state = 'WAITING' AND next_attempt_at <= :now"

_DEPTH = sql(
    f"""
    SELECT sum({_count("notifications", _DUE_NOTIFICATION)})::bigint,
           sum({_count("notifications", f"{IS_WAITING} AND email_at > :now")})::bigint,
           sum({_count("emails", _DUE_EMAIL)})::bigint,
           sum({_count("emails", "state = 'WAITING' AND next_attempt_at > :now")})::bigint,
           sum({_count("emails", "state = 'FAILED' AND created_at > :failed_since")})::bigint,
           least(
            min((
                SELECT email_at FROM notifications
                 WHERE notifications.account_id = accounts.account_id AND {_DUE_NOTIFICATION}
                 ORDER BY email_at LIMIT 1
            )),
            min((
                SELECT next_attempt_at FROM emails
                 WHERE emails.account_id = accounts.account_id AND {_DUE_EMAIL}
                 ORDER BY next_attempt_at LIMIT 1
            ))
           )
      FROM accounts
    """,  # noqa: S608
    now=TIMESTAMPTZ,
    failed_since=TIMESTAMPTZ,
)


class OutboxDepth(NamedTuple):
    due_notifications: int
    """Notifications for which an e-mail should have been written by now."""

    waiting_notifications: int
    """Notifications whose e-mail is due later."""

    due_emails: int
    waiting_emails: int
    """E-mails that are being sent, or are tried again later."""

    failed_emails: int
    """E-mails of the last seven days that could not be sent."""

    oldest_due: datetime | None
    """Since when the oldest due entry has been due."""


async def read_depth(database: Database, now: datetime) -> OutboxDepth:
    async with database.connection(None) as connection:
        ((*counts, oldest_due),) = await _DEPTH.fetch(connection, now=now, failed_since=now - FAILED_SINCE)
    due_notifications, waiting_notifications, due_emails, waiting_emails, failed_emails = (n or 0 for n in counts)
    return OutboxDepth(due_notifications, waiting_notifications, due_emails, waiting_emails, failed_emails, oldest_due)
