"""When an agent's e-mails are sent: not in their quiet hours, not soon after their last ones, and not while they are
likely to read the messages in the chat."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from chat.quiet_hours import QuietTimes
from models.enums import EmailState

PRESENCE_CHECK = timedelta(seconds=30)
"""How long the e-mails of an agent who has the chat open wait before that is checked again."""


@dataclass(frozen=True)
class EmailTiming:
    """`window`: how long an agent gets no further e-mails after their last ones. `presence`: how long a message waits
    at most for an agent who has the chat open."""

    window: timedelta = timedelta(minutes=10)
    presence: timedelta = timedelta(minutes=15)


class WaitingNotification(NamedTuple):
    """A notification that no e-mail contains yet. `may_be_sent`: it is unread, and the agent may still get it."""

    agent_id: str
    message_id: UUID
    channel_id: UUID
    created_at: datetime
    email_at: datetime
    may_be_sent: bool


class AgentSchedule(NamedTuple):
    """What decides when an agent's e-mails are sent. `last_emailed_at` is the time of their last e-mails, or now while
    one of these is still waiting."""

    agent_id: str
    connected_until: datetime | None
    last_emailed_at: datetime | None
    quiet: QuietTimes


class Postponement(NamedTuple):
    """The state in which e-mails wait, and the time until which they do."""

    state: EmailState
    until: datetime


def postponement(
    schedule: AgentSchedule, waiting: Sequence[WaitingNotification], timing: EmailTiming, now: datetime
) -> Postponement | None:
    """Returns how the e-mails about these notifications, at least one of which is due, must wait; None if they are sent
    now."""
    if schedule.quiet.is_quiet(now):
        return Postponement(EmailState.POSTPONED, schedule.quiet.end(now))
    if schedule.last_emailed_at is not None and schedule.last_emailed_at + timing.window > now:
        return Postponement(EmailState.WAITING, schedule.last_emailed_at + timing.window)
    if schedule.connected_until is not None and schedule.connected_until > now:
        latest = min(each.created_at for each in waiting if each.email_at <= now) + timing.presence
        if latest > now:
            return Postponement(EmailState.POSTPONED, min(now + PRESENCE_CHECK, latest))
    return None
