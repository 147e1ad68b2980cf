"""Presence, status and typing: what other agents currently see of the viewer."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import Boolean, Text

from chat.drafts import Given, in_utc
from chat.emojis import qualified_emoji
from chat.errors import RefusalCode, Refused
from chat.locking import read_seat, require_viewer
from chat.naming import checked_text, clean_name
from chat.operation import Transaction, operation
from chat.policies import check_post
from chat.ports import Signal, SignalKind
from models.columns import TIMESTAMPTZ
from models.enums import PresenceStatus
from models.statements import sql

STATUS_LENGTH = 100

_SET_PRESENCE = sql(
    """
    INSERT INTO presences (account_id, agent_id, status, status_emoji, status_text, status_until)
    VALUES (:account_id, :agent_id, coalesce(:presence, 'ONLINE'), :emoji, :text, :until)
    ON CONFLICT (account_id, agent_id) DO UPDATE
       SET status = coalesce(:presence, presences.status),
           status_emoji = CASE WHEN :sets_status THEN excluded.status_emoji ELSE presences.status_emoji END,
           status_text = CASE WHEN :sets_status THEN excluded.status_text ELSE presences.status_text END,
           status_until = CASE WHEN :sets_status THEN excluded.status_until ELSE presences.status_until END
    """,
    presence=Text,
    sets_status=Boolean,
    emoji=Text,
    text=Text,
    until=TIMESTAMPTZ,
)


@dataclass(frozen=True)
class Status:
    """What an agent writes beside their name, until a time or indefinitely."""

    emoji: str | None = None
    text: str | None = None
    until: datetime | None = None


@dataclass(frozen=True)
class PresenceChanges:
    """`presence` is what the viewer shows while they have a socket open."""

    presence: Given[PresenceStatus] | None = None
    status: Given[Status | None] | None = None


@operation
async def set_presence(tx: Transaction, changes: PresenceChanges) -> None:
    """Changes what is given. A status replaces the previous one as a whole. Raises Refused INVALID for a status that is
    empty, too long or over already."""
    given = changes.status.value if changes.status else None
    status = _checked(given, tx.now) if given is not None else Status()
    viewer = await require_viewer(tx)
    if changes == PresenceChanges():
        return
    await tx.fetch(
        _SET_PRESENCE,
        agent_id=viewer.agent_id,
        presence=changes.presence.value if changes.presence else None,
        sets_status=changes.status is not None,
        emoji=status.emoji,
        text=status.text,
        until=status.until,
    )
    tx.signals.append(Signal(tx.account_id, SignalKind.PRESENCE, (viewer.agent_id,)))


def _checked(status: Status, now: datetime) -> Status:
    emoji = qualified_emoji(status.emoji, "status", "emoji") if status.emoji else None
    text = clean_name(checked_text(status.text or "", "status", "text")) or None
    if text is not None and len(text) > STATUS_LENGTH:
        message = f"A status can have at most {STATUS_LENGTH} characters."
        raise Refused(RefusalCode.INVALID, message, "status", "text")
    if emoji is None and text is None:
        raise Refused(RefusalCode.INVALID, "A status needs an emoji or a text. Null removes the status.", "status")
    until = in_utc(status.until, "status", "until") if status.until is not None else None
    if until is not None and until <= now:
        raise Refused(RefusalCode.INVALID, "`until` must be in the future.", "status", "until")
    return Status(emoji, text, until)


@operation
async def start_typing(tx: Transaction, channel_id: UUID) -> None:
    """Signals to the channel that the viewer is typing. Nothing is stored. Raises what `check_post` raises."""
    await _signal_typing(tx, channel_id, SignalKind.TYPING)


@operation
async def stop_typing(tx: Transaction, channel_id: UUID) -> None:
    """Signals to the channel that the viewer stopped typing. Raises what `check_post` raises."""
    await _signal_typing(tx, channel_id, SignalKind.NOT_TYPING)


async def _signal_typing(tx: Transaction, channel_id: UUID, kind: SignalKind) -> None:
    seat = await read_seat(tx, channel_id)
    check_post(seat)
    tx.signals.append(Signal(tx.account_id, kind, (seat.agent.agent_id,), channel_id))
