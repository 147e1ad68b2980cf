"""Personal settings: those of a membership, which only the member sees, and those of the profile."""

from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from sqlalchemy import delete, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col

from chat.access import Seat
from chat.drafts import Given
from chat.errors import RefusalCode, Refused
from chat.locking import read_seat, require_viewer
from chat.naming import checked_text
from chat.operation import Transaction, operation
from chat.policies import check_member
from chat.viewer import require_agent
from models import Agent, Member, PersonalNote
from models.enums import NotificationLevel, SendKey

NOTE_LENGTH = 5_000


@dataclass(frozen=True)
class MembershipChanges:
    channel_id: UUID
    notification_level: Given[NotificationLevel] | None = None
    muted: Given[bool] | None = None
    muted_until: Given[datetime | None] | None = None
    favourite: Given[bool] | None = None
    personal_note: Given[str | None] | None = None


@operation
async def update_membership(tx: Transaction, changes: MembershipChanges) -> Member:
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


@operation
async def update_profile(tx: Transaction, send_key: Given[SendKey] | None) -> Agent:
    """Returns the viewer with the new profile."""
    identity = require_agent(tx.identity)
    # Locked FOR UPDATE from the start: two calls that first lock it FOR SHARE would deadlock when both write.
    await tx.session.execute(
        select(Agent)
        .where(col(Agent.account_id) == identity.account_id, col(Agent.agent_id) == identity.agent_id)
        .with_for_update()
    )
    viewer = await require_viewer(tx)
    if send_key:
        viewer.agent.send_key = send_key.value
        await tx.session.flush()
    return viewer.agent


async def _write_membership(tx: Transaction, seat: Seat, changes: MembershipChanges) -> Member:
    """Returns the membership as written. The row was not locked before, so the agent may have been removed meanwhile.
    In that case, raises Refused."""
    columns: dict[str, object] = {**_mute_columns(tx, changes)}
    if changes.notification_level:
        columns["notification_level"] = changes.notification_level.value
    if changes.favourite:
        columns["favourite"] = changes.favourite.value
    if not columns:
        return check_member(seat)
    member = await tx.session.scalar(
        update(Member)
        .where(
            col(Member.account_id) == tx.account_id,
            col(Member.channel_id) == changes.channel_id,
            col(Member.agent_id) == seat.agent.agent_id,
        )
        .values(columns)
        .returning(Member)
        .execution_options(populate_existing=True)
    )
    return member if member is not None else check_member(await read_seat(tx, changes.channel_id))


def _mute_columns(tx: Transaction, changes: MembershipChanges) -> dict[str, object]:
    """Returns the columns to write."""
    until = _in_utc(changes.muted_until.value) if changes.muted_until and changes.muted_until.value else None
    if until is not None and until <= tx.now:
        raise Refused(RefusalCode.INVALID, "`mutedUntil` must be in the future.", "mutedUntil")
    if changes.muted is not None and not changes.muted.value:
        if until is not None:
            raise Refused(RefusalCode.INVALID, "`mutedUntil` cannot be combined with `muted: false`.", "mutedUntil")
        return {"muted": False, "muted_until": None}
    if changes.muted is not None or until is not None:
        return {"muted": True, "muted_until": until}
    # Only `mutedUntil: null`: a muted channel stays muted, now indefinitely.
    return {"muted_until": None} if changes.muted_until is not None else {}


def _in_utc(given: datetime) -> datetime:
    """Returns the time in UTC. Raises Refused INVALID for one without a time zone."""
    if given.tzinfo is not None:
        with suppress(OverflowError):
            return given.astimezone(UTC)
    raise Refused(RefusalCode.INVALID, "`mutedUntil` must have a time zone and a year from 1 to 9999.", "mutedUntil")


def _checked_note(note: str | None) -> str | None:
    text = checked_text(note or "", "personalNote").strip()
    if len(text) > NOTE_LENGTH:
        message = f"A note can have at most {NOTE_LENGTH:,} characters."
        raise Refused(RefusalCode.INVALID, message, "personalNote")
    return text or None


async def _write_note(tx: Transaction, seat: Seat, note: str | None) -> None:
    key = {
        "account_id": tx.account_id,
        "agent_id": seat.agent.agent_id,
        "channel_id": seat.channel.channel_id,
    }
    if note is None:
        await tx.session.execute(
            delete(PersonalNote).where(
                col(PersonalNote.account_id) == tx.account_id,
                col(PersonalNote.agent_id) == seat.agent.agent_id,
                col(PersonalNote.channel_id) == seat.channel.channel_id,
            )
        )
        return
    await tx.session.execute(
        insert(PersonalNote)
        .values(**key, note=note)
        .on_conflict_do_update(index_elements=list(key), set_={"note": note})
    )
