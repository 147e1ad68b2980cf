"""Claiming e-mails: each is stored, with its Message-ID and contents, before it is sent, and belongs to one worker
until its lease ends.

A claim is one transaction about one account, with the same number of statements whatever the number of agents. It waits
for no lock: rows that an operation or another worker has locked are left for the next claim. An agent's row is the lock
of their e-mails, so two workers never send an agent two batches.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import ARRAY, Integer, Select, Text, literal_column, select, text, true
from sqlmodel import col
from uuid_utils.compat import uuid7

from chat.quiet_hours import QuietTimes
from loaders.notifications import load_quiet_times
from models import Notification
from models.columns import ACCOUNT_ID, IDENTIFIER, TEXT_ARRAY, TIMESTAMPTZ
from models.database import Connection, Database
from models.enums import EmailState
from models.notifications import IS_WAITING
from models.statements import Statement, keys_table, sql
from notifications.sendable import MAY_BE_SENT
from notifications.timing import EmailTiming, Postponement, Recipient, WaitingNotification, postponement

LEASE = timedelta(minutes=5)
"""How long a claimed e-mail belongs to its worker. Afterwards it is claimed again: the worker has died."""

NOTIFICATIONS_PER_CLAIM = 100
"""How many due notifications one transaction looks at. All that waits for their agents is claimed too."""

NOTIFICATIONS_PER_AGENT = 500
"""How many notifications of an agent are claimed together."""

EMAILS_PER_CLAIM = 100
"""How many e-mails are claimed again in one transaction."""

_LOCK_AGENTS = sql(
    f"""
    WITH due AS (
        SELECT agent_id
          FROM notifications
         WHERE account_id = :account_id AND {IS_WAITING} AND email_at <= :now
         ORDER BY email_at
         LIMIT :limit
           FOR UPDATE SKIP LOCKED
    )
    SELECT agent.agent_id
      FROM (SELECT DISTINCT agent_id FROM due) AS agent_with_due
           CROSS JOIN LATERAL (
            SELECT agent_id
              FROM agents
             WHERE account_id = :account_id AND agent_id = agent_with_due.agent_id
               FOR NO KEY UPDATE SKIP LOCKED
           ) AS agent
    """,  # noqa: S608
    account_id=Text,
    now=TIMESTAMPTZ,
    limit=Integer,
)

# Executed after the agents are locked, so that it finds the e-mails that another worker has claimed for them.
_RECIPIENTS = sql(
    """
    SELECT recipient.agent_id,
           (SELECT connected_until FROM presences
             WHERE account_id = :account_id AND agent_id = recipient.agent_id),
           (SELECT CASE state WHEN 'WAITING' THEN :now ELSE coalesce(sent_at, created_at) END
              FROM emails
             WHERE account_id = :account_id AND agent_id = recipient.agent_id AND state <> 'TAKEN_BACK'
             ORDER BY created_at DESC, state = 'WAITING' DESC
             LIMIT 1)
      FROM unnest(:agent_ids) AS recipient (agent_id)
    """,
    account_id=Text,
    agent_ids=TEXT_ARRAY,
    now=TIMESTAMPTZ,
)


def _select_waiting() -> Select[*tuple[Any, ...]]:
    keys = keys_table(agent_id=Text)
    waiting = (
        select(
            col(Notification.agent_id),
            col(Notification.message_id),
            col(Notification.channel_id),
            col(Notification.created_at),
            col(Notification.email_at),
            MAY_BE_SENT.label("may_be_sent"),
        )
        .where(
            col(Notification.account_id) == ACCOUNT_ID,
            col(Notification.agent_id) == keys.c.agent_id,
            text(IS_WAITING),
        )
        .order_by(col(Notification.email_at))
        .limit(literal_column(str(NOTIFICATIONS_PER_AGENT)))
        .with_for_update(of=Notification, skip_locked=True)
        .lateral("waiting")
    )
    return select(*waiting.c).select_from(keys).join(waiting, true())


_LOCK_WAITING = Statement(_select_waiting())

# The rows are locked, so their ctids do not change. A join by the key could read all rows of the account: see
# `models.statements.one_row`.
_DECIDE = sql(
    """
    UPDATE notifications
       SET email_state = decided.email_state, email_at = decided.email_at, email_id = decided.email_id
      FROM (
            SELECT decision.*, row.ctid AS place
              FROM unnest(:agent_ids, :message_ids, :states, :ats, :email_ids)
                   AS decision (agent_id, message_id, email_state, email_at, email_id)
                   CROSS JOIN LATERAL (
                    SELECT ctid
                      FROM notifications
                     WHERE account_id = :account_id AND agent_id = decision.agent_id
                       AND message_id = decision.message_id
                     LIMIT 1
                   ) AS row
           ) AS decided
     WHERE notifications.ctid = decided.place
    """,
    account_id=Text,
    agent_ids=TEXT_ARRAY,
    message_ids=ARRAY(IDENTIFIER),
    states=TEXT_ARRAY,
    ats=ARRAY(TIMESTAMPTZ),
    email_ids=ARRAY(IDENTIFIER),
)

_STORE_EMAILS = sql(
    """
    INSERT INTO emails (account_id, email_id, agent_id, channel_id, created_at, state, attempts, next_attempt_at)
    SELECT :account_id, email_id, agent_id, channel_id, :now, 'WAITING', 1, :lease_end
      FROM unnest(:email_ids, :agent_ids, :channel_ids) AS email (email_id, agent_id, channel_id)
    """,
    account_id=Text,
    email_ids=ARRAY(IDENTIFIER),
    agent_ids=TEXT_ARRAY,
    channel_ids=ARRAY(IDENTIFIER),
    now=TIMESTAMPTZ,
    lease_end=TIMESTAMPTZ,
)

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


class ClaimedEmail(NamedTuple):
    """An e-mail that this worker may send until its lease ends. `attempts` includes the coming one."""

    account_id: str
    email_id: UUID
    attempts: int


class Claim(NamedTuple):
    """The e-mails that were claimed, and whether the claim has changed anything. Then there may be more to claim."""

    emails: Sequence[ClaimedEmail]
    found_work: bool


class _Decision(NamedTuple):
    """What becomes of a notification: its new state, the time of the state, and its e-mail."""

    agent_id: str
    message_id: UUID
    state: EmailState
    at: datetime
    email_id: UUID | None = None


async def claim_new(database: Database, account_id: str, timing: EmailTiming, now: datetime) -> Claim:
    """Stores the e-mails of agents with due notifications, one for each channel, and claims them. Takes back what may
    not be sent any more, and postpones what is not to be sent now."""
    async with database.transaction(account_id) as connection:
        limit = NOTIFICATIONS_PER_CLAIM
        locked = await _LOCK_AGENTS.fetch(connection, account_id=account_id, now=now, limit=limit)
        agent_ids: list[str] = [agent_id for (agent_id,) in locked]
        if not agent_ids:
            return Claim([], found_work=False)
        recipients = await _read_recipients(connection, account_id, agent_ids, now)
        waiting = await _lock_waiting(connection, account_id, agent_ids)
        decisions = [
            decision
            for agent_id, of_agent in waiting.items()
            for decision in _decide(recipients[agent_id], of_agent, timing, now)
        ]
        channels = {each.message_id: each.channel_id for of_agent in waiting.values() for each in of_agent}
        emails = {each.email_id: (each.agent_id, channels[each.message_id]) for each in decisions if each.email_id}
        await _store(connection, account_id, decisions, emails, now)
    return Claim([ClaimedEmail(account_id, id, attempts=1) for id in emails], found_work=bool(decisions))


async def claim_again(database: Database, account_id: str, now: datetime) -> Claim:
    """Claims e-mails that must be sent again: their last attempt failed, or their worker died. In the quiet hours of
    their agents they wait for the end of these."""
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


async def _read_recipients(
    connection: Connection, account_id: str, agent_ids: list[str], now: datetime
) -> Mapping[str, Recipient]:
    quiet_times: Mapping[str, QuietTimes] = await load_quiet_times(connection, account_id, agent_ids)
    records = await _RECIPIENTS.fetch(connection, account_id=account_id, agent_ids=agent_ids, now=now)
    return {
        agent_id: Recipient(agent_id, connected_until, last_emails_at, quiet_times[agent_id])
        for agent_id, connected_until, last_emails_at in records
    }


async def _lock_waiting(
    connection: Connection, account_id: str, agent_ids: list[str]
) -> Mapping[str, list[WaitingNotification]]:
    waiting: dict[str, list[WaitingNotification]] = defaultdict(list)
    for record in await _LOCK_WAITING.fetch(connection, account_id=account_id, agent_ids=agent_ids):
        waiting[record[0]].append(WaitingNotification(*record))
    return waiting


def _decide(
    recipient: Recipient, waiting: Sequence[WaitingNotification], timing: EmailTiming, now: datetime
) -> list[_Decision]:
    """Returns what becomes of the agent's waiting notifications; nothing for those that stay as they are."""
    kept = [each for each in waiting if each.may_be_sent]
    taken_back = [
        _Decision(each.agent_id, each.message_id, EmailState.TAKEN_BACK, now)
        for each in waiting
        if not each.may_be_sent
    ]
    if not any(each.email_at <= now for each in kept):
        return taken_back
    postponed = postponement(recipient, kept, timing, now)
    return taken_back + (_in_emails(kept, now) if postponed is None else list(_postponed(kept, postponed)))


def _in_emails(waiting: Sequence[WaitingNotification], now: datetime) -> list[_Decision]:
    """Puts the notifications into one e-mail for each channel, also those that are not due yet: otherwise the next
    e-mails would follow when the window ends."""
    email_ids = {channel_id: uuid7() for channel_id in {each.channel_id for each in waiting}}
    return [
        _Decision(each.agent_id, each.message_id, EmailState.WAITING, now + LEASE, email_ids[each.channel_id])
        for each in waiting
    ]


def _postponed(waiting: Sequence[WaitingNotification], postponed: Postponement) -> Iterable[_Decision]:
    for each in waiting:
        if each.email_at < postponed.until:
            yield _Decision(each.agent_id, each.message_id, postponed.state, postponed.until)


async def _store(
    connection: Connection,
    account_id: str,
    decisions: Sequence[_Decision],
    emails: Mapping[UUID, tuple[str, UUID]],
    now: datetime,
) -> None:
    await _STORE_EMAILS.fetch(
        connection,
        account_id=account_id,
        email_ids=list(emails),
        agent_ids=[agent_id for agent_id, _ in emails.values()],
        channel_ids=[channel_id for _, channel_id in emails.values()],
        now=now,
        lease_end=now + LEASE,
    )
    await _DECIDE.fetch(
        connection,
        account_id=account_id,
        agent_ids=[each.agent_id for each in decisions],
        message_ids=[each.message_id for each in decisions],
        states=[each.state for each in decisions],
        ats=[each.at for each in decisions],
        email_ids=[each.email_id for each in decisions],
    )
