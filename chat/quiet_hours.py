"""Quiet hours: while they last, notifications arrive without an alert, and e-mails wait."""

from datetime import UTC, datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from models.enums import Weekday
from models.rows import QuietHoursRow

WEEKDAYS = tuple(Weekday)
ADJOINING_PERIODS = 8
"""`QuietTimes.end` gives up after so many periods without a break: there may be no other time in the week."""

IS_QUIET_HOUR = """
    CASE WHEN quiet_hours.from_time < quiet_hours.until_time
         THEN to_char(quiet_hours.now, 'FMDAY') = ANY (quiet_hours.days)
              AND quiet_hours.now::time >= quiet_hours.from_time AND quiet_hours.now::time < quiet_hours.until_time
         ELSE (to_char(quiet_hours.now, 'FMDAY') = ANY (quiet_hours.days)
               AND quiet_hours.now::time >= quiet_hours.from_time)
              OR (to_char(quiet_hours.now - interval '1 day', 'FMDAY') = ANY (quiet_hours.days)
                  AND quiet_hours.now::time < quiet_hours.until_time)
    END
    """
"""The condition that `quiet_hours`, a row with the local time as `now`, contains that time: `QuietTimes.is_quiet` in
SQL. A property test checks that they agree. Null if PostgreSQL does not know the time zone."""


class QuietTimes(NamedTuple):
    """When an agent does not want to be alerted: until a time, and in weekly hours."""

    until: datetime | None
    hours: QuietHoursRow | None

    def is_quiet(self, now: datetime) -> bool:
        return (self.until is not None and self.until > now) or self._window_end(now) is not None

    def end(self, now: datetime) -> datetime:
        """Returns the first time from `now` on that is not quiet. If every hour of the week is quiet, returns the end
        of the last period that it checked."""
        time = now
        for _ in range(ADJOINING_PERIODS):
            if self.until is not None and self.until > time:
                time = self.until
            window_end = self._window_end(time)
            if window_end is None:
                break
            time = window_end
        return time

    def _window_end(self, now: datetime) -> datetime | None:
        """Returns the end of the weekly window that contains the time; None if there is none, or if the time zone is
        not known here."""
        zone = known_zone(self.hours.time_zone) if self.hours is not None else None
        if self.hours is None or zone is None:
            return None
        here = now.astimezone(zone)
        local = here.replace(tzinfo=None, fold=0)
        spans_midnight = self.hours.until_time <= self.hours.from_time
        for days_before in (0, 1) if spans_midnight else (0,):
            first_day = local.date() - timedelta(days=days_before)
            begin = datetime.combine(first_day, self.hours.from_time)
            end = datetime.combine(first_day + timedelta(days=int(spans_midnight)), self.hours.until_time)
            if WEEKDAYS[first_day.weekday()] in self.hours.days and begin <= local < end:
                # When clocks go back, an hour occurs twice: an end in it is in the same occurrence as the time.
                return end.replace(tzinfo=zone, fold=here.fold).astimezone(UTC)
        return None


def known_zone(name: str) -> ZoneInfo | None:
    """Returns None for a time zone that this system does not know: an agent's setting must not stop their streams."""
    try:
        return ZoneInfo(name)
    except ZoneInfoNotFoundError:
        return None
