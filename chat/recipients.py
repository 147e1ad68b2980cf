"""Whom a message concerns: one decision, in the order in which the first that applies wins."""

from datetime import datetime

from chat.access import Seat
from models import Member, Message
from models.enums import NotificationLevel


def alerts(seat: Seat, message: Message, mentioned: bool, now: datetime) -> bool:
    """Returns whether the message rings for this agent: never for its author, for who has no seat, or when muted;
    then the level decides. `mentioned`: the message names this agent."""
    if message.author_id == seat.agent.agent_id or message.system_event is not None or message.deleted_at is not None:
        return False
    if seat.member is None or is_muted(seat.member, now):
        return False
    if seat.member.notification_level == NotificationLevel.MENTIONS:
        return mentioned
    return seat.member.notification_level == NotificationLevel.EVERYTHING


def is_muted(member: Member, now: datetime) -> bool:
    """A mute with an end is over by itself when the time has come."""
    return member.muted and (member.muted_until is None or member.muted_until > now)
