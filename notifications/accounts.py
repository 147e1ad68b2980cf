"""Finding the accounts with e-mails to send."""

from datetime import datetime

from models.columns import TIMESTAMPTZ
from models.database import Database
from models.notifications import IS_WAITING
from models.statements import sql

# For each account, reads at most the first row of each of two partial indexes.
_ACCOUNTS = sql(
    f"""
    SELECT account_id
      FROM accounts
           CROSS JOIN LATERAL (
            (SELECT true
               FROM notifications
              WHERE notifications.account_id = accounts.account_id AND {IS_WAITING} AND email_at <= :now
              LIMIT 1)
              UNION ALL
            (SELECT true
               FROM emails
              WHERE emails.account_id = accounts.account_id AND state = 'WAITING' AND next_attempt_at <= :now
              LIMIT 1)
              LIMIT 1
           ) AS due
    """,  # noqa: S608
    now=TIMESTAMPTZ,
)


async def accounts_with_due_email(database: Database, now: datetime) -> list[str]:
    """Returns the accounts that have a due notification, or an e-mail that must be sent again."""
    async with database.connection(None) as connection:
        return [account_id for (account_id,) in await _ACCOUNTS.fetch(connection, now=now)]
