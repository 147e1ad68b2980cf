"""Claiming e-mails. Before an e-mail is sent, a row of `emails` is stored, and its notifications refer to it. It
belongs to one worker until its lease ends.

A claim is one transaction about one account, with the same number of statements whatever the number of agents. It waits
for no lock: rows that an operation or another worker has locked are left for the next claim. An agent's row is the lock
of their e-mails, so two workers never send an agent the same notifications twice.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from uuid_utils.compat import uuid7

from loaders.notifications import load_quiet_times
from models.database import Connection, Database
from models.enums import EmailState
from notifications.claim_statements import DECIDE, LOCK_AGENTS, LOCK_WAITING, SCHEDULES, STORE_EMAILS
from notifications.leases import LEASE, Claim, ClaimedEmail
from notifications.timing import AgentSchedule, EmailTiming, Postponement, WaitingNotification, postponement

NOTIFICATIONS_PER_CLAIM = 100
"""How many due notifications one transaction reads. All that waits for their agents is claimed too."""


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
        locked = await LOCK_AGENTS.fetch(connection, account_id=account_id, now=now, limit=limit)
        agent_ids: list[str] = [agent_id for (agent_id,) in locked]
        if not agent_ids:
            return Claim([], found_work=False)
        schedules = await _read_schedules(connection, account_id, agent_ids, now)
        waiting = await _lock_waiting(connection, account_id, agent_ids)
        decisions = [
            decision
            for agent_id, of_agent in waiting.items()
            for decision in _decide(schedules[agent_id], of_agent, timing, now)
        ]
        channels = {each.message_id: each.channel_id for of_agent in waiting.values() for each in of_agent}
        emails = {each.email_id: (each.agent_id, channels[each.message_id]) for each in decisions if each.email_id}
        await _store(connection, account_id, decisions, emails, now)
    return Claim([ClaimedEmail(account_id, id, attempts=1) for id in emails], found_work=bool(decisions))


async def _read_schedules(
    connection: Connection, account_id: str, agent_ids: list[str], now: datetime
) -> Mapping[str, AgentSchedule]:
    quiet_times = await load_quiet_times(connection, account_id, agent_ids)
    records = await SCHEDULES.fetch(connection, account_id=account_id, agent_ids=agent_ids, now=now)
    return {
        agent_id: AgentSchedule(agent_id, connected_until, last_emailed_at, quiet_times[agent_id])
        for agent_id, connected_until, last_emailed_at in records
    }


async def _lock_waiting(
    connection: Connection, account_id: str, agent_ids: list[str]
) -> Mapping[str, list[WaitingNotification]]:
    waiting: dict[str, list[WaitingNotification]] = defaultdict(list)
    for record in await LOCK_WAITING.fetch(connection, account_id=account_id, agent_ids=agent_ids):
        waiting[record[0]].append(WaitingNotification(*record))
    return waiting


def _decide(
    schedule: AgentSchedule, waiting: Sequence[WaitingNotification], timing: EmailTiming, now: datetime
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
    postponed = postponement(schedule, kept, timing, now)
    return taken_back + (_in_emails(kept, now) if postponed is None else list(_postponed(kept, postponed)))


def _in_emails(waiting: Sequence[WaitingNotification], now: datetime) -> list[_Decision]:
    """Puts the notifications into one e-mail for each channel, also those that are not due yet: otherwise the next
    e-mails would follow when the window ends."""
    email_ids = {channel_id: uuid7() for channel_id in {each.channel_id for each in waiting}}
    return [
        _Decision(each.agent_id, each.message_id, EmailState.WAITING, now, email_ids[each.channel_id])
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
    await STORE_EMAILS.fetch(
        connection,
        account_id=account_id,
        email_ids=list(emails),
        agent_ids=[agent_id for agent_id, _ in emails.values()],
        channel_ids=[channel_id for _, channel_id in emails.values()],
        now=now,
        lease_end=now + LEASE,
    )
    await DECIDE.fetch(
        connection,
        account_id=account_id,
        agent_ids=[each.agent_id for each in decisions],
        message_ids=[each.message_id for each in decisions],
        states=[each.state for each in decisions],
        ats=[each.at for each in decisions],
        email_ids=[each.email_id for each in decisions],
    )
