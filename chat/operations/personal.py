"""The personal settings of a membership, which only the member sees."""

from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import Boolean, Text

from chat.access import Seat
from chat.drafts import Given, in_utc
from chat.errors import RefusalCode, Refused
from chat.locking import read_seat
from chat.naming import checked_text
from chat.operation import Transaction, operation
from chat.policies import check_member
from models.columns import TIMESTAMPTZ
from models.enums import NotificationLevel
from models.rows import MemberRow, to_row
from models.statements import sql

NOTE_LENGTH = 5_000

_UPDATE_MEMBER = sql(
    f"""
    UPDATE members
       SET notification_level = coalesce(:notification_level, notification_level),
           favourite = coalesce(:favourite, favourite),
           muted = coalesce(:muted, muted),
           muted_until = CASE WHEN :sets_muted_until THEN :muted_until ELSE muted_until END
     WHERE account_id = :account_id AND channel_id = :channel_id AND agent_id = :agent_id
    RETURNING {", ".join(MemberRow._fields)}
    """,  # noqa: S608
    notification_level=Text,
    favourite=Boolean,
    muted=Boolean,
    sets_muted_until=Boolean,
    muted_until=TIMESTAMPTZ,
)

_DELETE_NOTE = sql(
    "DELETE FROM personal_notes WHERE account_id = :account_id AND agent_id = :agent_id AND channel_id = :channel_id"
)

_WRITE_NOTE = sql(
    """
    INSERT INTO personal_notes (account_id, agent_id, channel_id, note)
    VALUES (:account_id, :agent_id, :channel_id, :note)
    ON CONFLICT (account_id, agent_id, channel_id) DO UPDATE SET note = excluded.note
    """
)


@dataclass(frozen=True)
class MembershipChanges:
    channel_id: UUID
    notification_level: Given[NotificationLevel] | None = None
    muted: Given[bool] | None = None
    muted_until: Given[datetime | None] | None = None
    favourite: Given[bool] | None = None
    personal_note: Given[str | None] | None = None


class _Mute(NamedTuple):
    """The mute to store. If `muted` is None, only `until` is written."""

    muted: bool | None
    until: datetime | None


@operation
async def update_membership(tx: Transaction, changes: MembershipChanges) -> MemberRow:
    """Changes the given settings and returns the membership. Raises Refused.

    `muted: true` mutes the channel indefinitely, or until `mutedUntil` if that is given. `muted: false` clears both.
    """
    note = _checked_note(changes.personal_note.value) if changes.personal_note else None
    seat = await read_seat(tx, changes.channel_id)
    check_member(seat)
    member = await _write_membership(tx, seat, changes)
    if changes.personal_note:
        await _write_note(tx, seat, note)
    tx.signal_devices(seat.agent.agent_id, changes.channel_id)
    return member


async def _write_membership(tx: Transaction, seat: Seat, changes: MembershipChanges) -> MemberRow:
    """Returns the membership as written. The row was not locked before, so the agent may have been removed meanwhile.
    In that case, raises Refused."""
    mute = _new_mute(tx, changes)
    if changes.notification_level is None and changes.favourite is None and mute is None:
        return check_member(seat)
    row = await tx.fetch_row(
        _UPDATE_MEMBER,
        channel_id=changes.channel_id,
        agent_id=seat.agent.agent_id,
        notification_level=changes.notification_level.value if changes.notification_level else None,
        favourite=changes.favourite.value if changes.favourite else None,
        muted=mute.muted if mute else None,
        sets_muted_until=mute is not None,
        muted_until=mute.until if mute else None,
    )
    return to_row(MemberRow, row) if row is not None else check_member(await read_seat(tx, changes.channel_id))


def _new_mute(tx: Transaction, changes: MembershipChanges) -> _Mute | None:
    """Returns what to write; None if the mute does not change."""
    given_until = changes.muted_until.value if changes.muted_until else None
    until = in_utc(given_until, "mutedUntil") if given_until is not None else None
    if until is not None and until <= tx.now:
        raise Refused(RefusalCode.INVALID, "`mutedUntil` must be in the future.", "mutedUntil")
    if changes.muted is not None and not changes.muted.value:
        if until is not None:
            raise Refused(RefusalCode.INVALID, "`mutedUntil` cannot be combined with `muted: false`.", "mutedUntil")
        return _Mute(muted=False, until=None)
    if changes.muted is not None or until is not None:
        return _Mute(muted=True, until=until)
    # Only `mutedUntil: null`: a muted channel stays muted, now indefinitely.
    return _Mute(muted=None, until=None) if changes.muted_until is not None else None


def _checked_note(note: str | None) -> str | None:
    text = checked_text(note or "", "personalNote").strip()
    if len(text) > NOTE_LENGTH:
        message = f"A note can have at most {NOTE_LENGTH:,} characters."
        raise Refused(RefusalCode.INVALID, message, "personalNote")
    return text or None


async def _write_note(tx: Transaction, seat: Seat, note: str | None) -> None:
    agent_id, channel_id = seat.agent.agent_id, seat.channel.channel_id
    if note is None:
        await tx.fetch(_DELETE_NOTE, agent_id=agent_id, channel_id=channel_id)
    else:
        await tx.fetch(_WRITE_NOTE, agent_id=agent_id, channel_id=channel_id, note=note)
