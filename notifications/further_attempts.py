"""Claiming e-mails that must be sent again: their last attempt failed, or their worker died."""

from datetime import datetime

from sqlalchemy import ARRAY, Integer, Text

from loaders.notifications import load_quiet_times
from models.columns import IDENTIFIER, TIMESTAMPTZ
from models.database import Database
from models.statements import sql
from notifications.leases import LEASE, Claim, ClaimedEmail

EMAILS_PER_CLAIM = 100
"""How many e-mails are claimed again in one transaction."""

_LOCK_EXPIRED = sql(
    """
    SELECT email_id, agent_id, attempts
      FROM emails
     WHERE account_id = :account_id AND state = 'WAITING' AND next_attempt_at <= :now
     ORDER BY next_attempt_at
     LIMIT :limit
       FOR UPDATE SKIP LOCKED
    """,
    account_id=Text,
    now=TIMESTAMPTZ,
    limit=Integer,
)

# The rows are locked: see `notifications.claim_statements`.
_SET_ATTEMPTS = sql(
    """
    UPDATE emails
       SET attempts = claimed.attempts, next_attempt_at = claimed.next_attempt_at
      FROM (
            SELECT claim.attempts, claim.next_attempt_at, row.ctid AS place
              FROM unnest(:email_ids, :attempts, :next_attempt_ats) AS claim (email_id, attempts, next_attempt_at)
                   CROSS JOIN LATERAL (
                    SELECT ctid FROM emails WHERE account_id = :account_id AND email_id = claim.email_id LIMIT 1
                   ) AS row
           ) AS claimed
     WHERE emails.ctid = claimed.place
    """,
    account_id=Text,
    email_ids=ARRAY(IDENTIFIER),
    attempts=ARRAY(Integer),
    next_attempt_ats=ARRAY(TIMESTAMPTZ),
)


async def claim_again(database: Database, account_id: str, now: datetime) -> Claim:
    """Claims e-mails that must be sent again: their last attempt failed, or their worker died. If the agent is in
    quiet hours, the e-mail waits until these end."""
    async with database.transaction(account_id) as connection:
        limit = EMAILS_PER_CLAIM
        expired = await _LOCK_EXPIRED.fetch(connection, account_id=account_id, now=now, limit=limit)
        if not expired:
            return Claim([], found_work=False)
        agent_ids = list({agent_id for _, agent_id, _ in expired})
        quiet_times = await load_quiet_times(connection, account_id, agent_ids)
        waits = [quiet_times[agent_id].is_quiet(now) for _, agent_id, _ in expired]
        await _SET_ATTEMPTS.fetch(
            connection,
            account_id=account_id,
            email_ids=[email_id for email_id, _, _ in expired],
            attempts=[attempts + (not wait) for (_, _, attempts), wait in zip(expired, waits, strict=True)],
            next_attempt_ats=[
                quiet_times[agent_id].end(now) if wait else now + LEASE
                for (_, agent_id, _), wait in zip(expired, waits, strict=True)
            ],
        )
    emails = [ClaimedEmail(account_id, id, attempts + 1) for id, _, attempts in expired]
    return Claim([email for email, wait in zip(emails, waits, strict=True) if not wait], found_work=True)
