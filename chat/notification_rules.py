"""Whether and how a message notifies an agent. The conditions are checked in order, and the first one that applies
decides. docs/notifications.md shows them as a chart.

`decide` is the rule in Python, for live events and explanations. `chat.recipients` has the same rule in SQL, for all
recipients of a message in one statement. A property test (tests/chat/test_recipients.py) checks that they agree.
"""

from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType
from typing import NamedTuple

from chat.access import Seat
from chat.quiet_hours import QuietTimes
from models.enums import ChannelKind, NotificationLevel, NotificationReason, NotificationType
from models.rows import MemberRow, MessageRow


class Switches(NamedTuple):
    """An agent's preferences for a type of notification."""

    bell: bool
    email: bool


ALL_ON = Switches(bell=True, email=True)

REASONS: Mapping[NotificationType, NotificationReason] = MappingProxyType(
    {
        NotificationType.MENTION: NotificationReason.MENTIONED,
        NotificationType.DIRECT_MESSAGE: NotificationReason.DIRECT_MESSAGE,
        NotificationType.ANNOUNCEMENT: NotificationReason.ANNOUNCEMENT,
    }
)


class Recipient(NamedTuple):
    """What the decision about one agent depends on. `has_access`: the agent can read the channel and use the chat."""

    is_author: bool
    is_active: bool
    has_access: bool
    is_muted: bool
    is_mentioned: bool
    is_quiet: bool
    kind: ChannelKind
    level: NotificationLevel
    preferences: Mapping[NotificationType, Switches] = MappingProxyType({})


class Decision(NamedTuple):
    """`alert`: clients ring or show a desktop notification. `type` is None if the decision ended before
    the switches were consulted."""

    reason: NotificationReason
    type: NotificationType | None = None
    alert: bool = False
    bell: bool = False
    email: bool = False


def decide(recipient: Recipient) -> Decision:
    """Returns what the message does for the recipient."""
    if (suppressed := _suppressed(recipient)) is not None:
        return Decision(suppressed)
    type_of = notification_type(recipient)
    if type_of is None and recipient.level != NotificationLevel.EVERYTHING:
        return Decision(NotificationReason.LEVEL)
    if type_of is None:
        reason = NotificationReason.QUIET_HOURS if recipient.is_quiet else NotificationReason.EVERYTHING
        return Decision(reason, alert=not recipient.is_quiet)
    bell, email = recipient.preferences.get(type_of, ALL_ON)
    reason = REASONS[type_of]
    if not bell and not email:
        reason = NotificationReason.PREFERENCE_OFF
    elif recipient.is_quiet:
        reason = NotificationReason.QUIET_HOURS
    return Decision(reason, type_of, alert=not recipient.is_quiet, bell=bell, email=email)


def notification_type(recipient: Recipient) -> NotificationType | None:
    """Returns the type of notification at the recipient's level; None if the level allows an alert at most."""
    if recipient.level == NotificationLevel.NOTHING:
        return None
    everything = recipient.level == NotificationLevel.EVERYTHING
    if recipient.kind == ChannelKind.DIRECT and everything:
        return NotificationType.DIRECT_MESSAGE
    if recipient.is_mentioned:
        return NotificationType.MENTION
    if recipient.kind == ChannelKind.ANNOUNCEMENT and everything:
        return NotificationType.ANNOUNCEMENT
    return None


def should_alert(seat: Seat, message: MessageRow, mentioned: bool, quiet: QuietTimes, now: datetime) -> bool:
    """Returns whether clients should alert the agent to the message. `mentioned`: it mentions the agent. System
    messages and deleted messages never alert."""
    if message.system_event is not None or message.deleted_at is not None:
        return False
    return decide(recipient_of(seat, message, mentioned, quiet, now)).alert


def recipient_of(seat: Seat, message: MessageRow, mentioned: bool, quiet: QuietTimes, now: datetime) -> Recipient:
    """Returns the agent of the seat as a recipient of the message, at the level MENTIONS for a reader who is not a
    member."""
    member = seat.member
    return Recipient(
        is_author=message.author_id == seat.agent.agent_id,
        is_active=seat.agent.active,
        has_access=seat.readable,
        is_muted=member is not None and is_muted(member, now),
        is_mentioned=mentioned,
        is_quiet=quiet.is_quiet(now),
        kind=seat.channel.kind,
        level=member.notification_level if member is not None else NotificationLevel.MENTIONS,
    )


def is_muted(member: MemberRow, now: datetime) -> bool:
    """Returns whether the channel is muted. A mute with an end expires without a write."""
    return member.muted and (member.muted_until is None or member.muted_until > now)


def _suppressed(recipient: Recipient) -> NotificationReason | None:
    """Returns why the message does nothing for the recipient, whatever their level is."""
    if recipient.is_author:
        return NotificationReason.AUTHOR
    if not recipient.is_active:
        return NotificationReason.INACTIVE
    if not recipient.has_access:
        return NotificationReason.NO_ACCESS
    return NotificationReason.MUTED if recipient.is_muted else None
