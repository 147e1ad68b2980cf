"""How much the outbox contains, for the metrics. Unlike `notifications.outbox`, this reads a bounded number of rows."""

from datetime import datetime
from typing import NamedTuple

from models.columns import TIMESTAMPTZ
from models.database import Database
from models.notifications import IS_WAITING
from models.statements import sql

LIMIT = 1_000
"""How many entries of each kind and account are counted at most."""

# Each subquery reads the beginning of one partial index.
_DEPTH = sql(
    f"""
    SELECT coalesce(sum(due_notifications), 0)::bigint, coalesce(sum(waiting_notifications), 0)::bigint,
           coalesce(sum(due_emails), 0)::bigint, coalesce(sum(waiting_emails), 0)::bigint,
           coalesce(sum(failed_emails), 0)::bigint, least(min(oldest_notification), min(oldest_email))
      FROM accounts
           CROSS JOIN LATERAL (
            SELECT count(*) FILTER (WHERE email_at <= :now) AS due_notifications,
                   count(*) FILTER (WHERE email_at > :now) AS waiting_notifications,
                   min(email_at) FILTER (WHERE email_at <= :now) AS oldest_notification
              FROM (
                    SELECT email_at
                      FROM notifications
                     WHERE notifications.account_id = accounts.account_id AND {IS_WAITING}
                     ORDER BY email_at
                     LIMIT {LIMIT}
                   ) AS entries
           ) AS notifications_of_account
           CROSS JOIN LATERAL (
            SELECT count(*) FILTER (WHERE next_attempt_at <= :now) AS due_emails,
                   count(*) FILTER (WHERE next_attempt_at > :now) AS waiting_emails,
                   min(next_attempt_at) FILTER (WHERE next_attempt_at <= :now) AS oldest_email
              FROM (
                    SELECT next_attempt_at
                      FROM emails
                     WHERE emails.account_id = accounts.account_id AND state = 'WAITING'
                     ORDER BY next_attempt_at
                     LIMIT {LIMIT}
                   ) AS entries
           ) AS emails_of_account
           CROSS JOIN LATERAL (
            SELECT count(*) AS failed_emails
              FROM (
                    SELECT FROM emails WHERE emails.account_id = accounts.account_id AND state = 'FAILED' LIMIT {LIMIT}
                   ) AS entries
           ) AS failed_of_account
    """,  # noqa: S608
    now=TIMESTAMPTZ,
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
    oldest_due: datetime | None
    """Since when the oldest due entry has been due."""


async def read_depth(database: Database, now: datetime) -> OutboxDepth:
    async with database.connection(None) as connection:
        return OutboxDepth(*(await _DEPTH.fetch(connection, now=now))[0])
