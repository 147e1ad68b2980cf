"""The viewer's profile: their send key, and when they do not want to be alerted."""

from dataclasses import dataclass
from datetime import datetime
from functools import cache
from zoneinfo import available_timezones

from sqlalchemy import Text

from chat.drafts import Given, in_utc
from chat.errors import RefusalCode, Refused
from chat.locking import require_viewer
from chat.operation import Transaction, operation
from models.columns import TEXT_ARRAY, TIMESTAMPTZ
from models.enums import SendKey
from models.notifications import IS_WAITING
from models.rows import QuietHoursRow
from models.statements import sql

_SET_SEND_KEY = sql("UPDATE agents SET send_key = :send_key WHERE account_id = :account_id AND agent_id = :agent_id")
_SET_DO_NOT_DISTURB = sql(
    "UPDATE agents SET do_not_disturb_until = :until WHERE account_id = :account_id AND agent_id = :agent_id",
    until=TIMESTAMPTZ,
)
_DELETE_QUIET_HOURS = sql("DELETE FROM quiet_hours WHERE account_id = :account_id AND agent_id = :agent_id")
_SET_QUIET_HOURS = sql(
    """
    INSERT INTO quiet_hours (account_id, agent_id, time_zone, days, from_time, until_time)
    VALUES (:account_id, :agent_id, :time_zone, :days, :from_time, :until_time)
    ON CONFLICT (account_id, agent_id) DO UPDATE
       SET time_zone = excluded.time_zone, days = excluded.days, from_time = excluded.from_time,
           until_time = excluded.until_time
    """,
    days=TEXT_ARRAY,
)
# E-mails that wait for the end of quiet hours are due again, and the worker decides by the new settings.
_RECONSIDER_POSTPONED = sql(
    f"""
    UPDATE notifications SET email_at = :now
     WHERE account_id = :account_id AND agent_id = :agent_id AND email_state = 'POSTPONED' AND {IS_WAITING}
    """,  # noqa: S608
    now=TIMESTAMPTZ,
)
# PostgreSQL computes with the time zone while a message is sent, so it must know it too.
_IS_TIME_ZONE = sql("SELECT local_time(now(), :time_zone) IS NOT NULL", time_zone=Text)


@dataclass(frozen=True)
class ProfileChanges:
    send_key: Given[SendKey] | None = None
    do_not_disturb_until: Given[datetime | None] | None = None
    quiet_hours: Given[QuietHoursRow | None] | None = None


@operation
async def update_profile(tx: Transaction, changes: ProfileChanges) -> None:
    """Changes the given fields of the viewer's profile. Raises Refused INVALID."""
    agent_id = (await require_viewer(tx)).agent_id
    if changes.send_key:
        await tx.fetch(_SET_SEND_KEY, agent_id=agent_id, send_key=changes.send_key.value)
    if changes.do_not_disturb_until:
        until = changes.do_not_disturb_until.value
        until_utc = in_utc(until, "doNotDisturbUntil") if until is not None else None
        await tx.fetch(_SET_DO_NOT_DISTURB, agent_id=agent_id, until=until_utc)
    if changes.quiet_hours:
        await _set_quiet_hours(tx, agent_id, changes.quiet_hours.value)
    if changes.do_not_disturb_until or changes.quiet_hours:
        await tx.fetch(_RECONSIDER_POSTPONED, agent_id=agent_id, now=tx.now)


async def _set_quiet_hours(tx: Transaction, agent_id: str, hours: QuietHoursRow | None) -> None:
    if hours is None:
        await tx.fetch(_DELETE_QUIET_HOURS, agent_id=agent_id)
        return
    if not hours.days:
        raise Refused(RefusalCode.INVALID, "Quiet hours need at least one day.", "quietHours", "days")
    await _check_time_zone(tx, hours.time_zone)
    await tx.fetch(_SET_QUIET_HOURS, agent_id=agent_id, **hours._asdict())


async def _check_time_zone(tx: Transaction, time_zone: str) -> None:
    if time_zone not in _time_zones() or not await _postgres_knows(tx, time_zone):
        message = "A time zone must be a name of the IANA database, such as America/Sao_Paulo."
        raise Refused(RefusalCode.INVALID, message, "quietHours", "timeZone")


async def _postgres_knows(tx: Transaction, time_zone: str) -> bool:
    ((is_known,),) = await _IS_TIME_ZONE.fetch(tx.connection, time_zone=time_zone)
    return bool(is_known)


@cache
def _time_zones() -> set[str]:
    return available_timezones()
