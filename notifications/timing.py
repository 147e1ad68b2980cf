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
"""How long the e-mails of an agent who is active in the chat wait before that is checked again."""


@dataclass(frozen=True)
class EmailTiming:
    """`window`: how long an agent gets no further e-mails after their last ones. `presence`: how long a message waits
    at most for an agent who is active in the chat."""

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


class Recipient(NamedTuple):
    """What the time of an agent's e-mails depends on. `last_emails_at` is the time of their last e-mails, or now while
    one of these has not been sent."""

    agent_id: str
    connected_until: datetime | None
    last_emails_at: datetime | None
    quiet: QuietTimes


class Postponement(NamedTuple):
    """The state in which e-mails wait, and the time until which they do."""

    state: EmailState
    until: datetime


def postponement(
    recipient: Recipient, waiting: Sequence[WaitingNotification], timing: EmailTiming, now: datetime
) -> Postponement | None:
    """Returns how the e-mails about these notifications, at least one of which is due, must wait; None if they are sent
    now."""
    if recipient.quiet.is_quiet(now):
        return Postponement(EmailState.POSTPONED, recipient.quiet.end(now))
    if recipient.last_emails_at is not None and recipient.last_emails_at + timing.window > now:
        return Postponement(EmailState.WAITING, recipient.last_emails_at + timing.window)
    if recipient.connected_until is not None and recipient.connected_until > now:
        latest = min(each.created_at for each in waiting if each.email_at <= now) + timing.presence
        if latest > now:
            return Postponement(EmailState.POSTPONED, min(now + PRESENCE_CHECK, latest))
    return None
