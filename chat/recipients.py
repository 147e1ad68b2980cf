"""Which agents a message alerts. The conditions are checked in order, and the first one that applies decides."""

from datetime import datetime

from chat.access import Seat
from models.enums import NotificationLevel
from models.rows import MemberRow, MessageRow


def should_alert(seat: Seat, message: MessageRow, mentioned: bool, now: datetime) -> bool:
    """Returns whether a client should alert the agent to the message: never its author, a non-member or someone who
    muted the channel; otherwise the notification level decides. `mentioned`: whether the message mentions the agent."""
    if message.author_id == seat.agent.agent_id or message.system_event is not None or message.deleted_at is not None:
        return False
    if seat.member is None or is_muted(seat.member, now):
        return False
    if seat.member.notification_level == NotificationLevel.MENTIONS:
        return mentioned
    return seat.member.notification_level == NotificationLevel.EVERYTHING


def is_muted(member: MemberRow, now: datetime) -> bool:
    """Returns whether the channel is muted. A mute with an end expires without a write."""
    return member.muted and (member.muted_until is None or member.muted_until > now)
