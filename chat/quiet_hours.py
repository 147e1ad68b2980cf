"""Quiet hours: while they last, notifications arrive without an alert, and e-mails wait."""

from datetime import UTC, datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from models.enums import Weekday
from models.rows import QuietHoursRow

WEEKDAYS = tuple(Weekday)
LONGEST_SEARCH = 8
"""After so many windows that follow each other without a break, every hour of the week is quiet."""

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
SQL. A property test checks that they agree."""


class QuietTimes(NamedTuple):
    """When an agent does not want to be alerted: until a time, and in weekly hours."""

    until: datetime | None
    hours: QuietHoursRow | None

    def is_quiet(self, now: datetime) -> bool:
        return (self.until is not None and self.until > now) or self._window_end(now) is not None

    def end(self, now: datetime) -> datetime:
        """Returns the first time from `now` on that is not quiet. If every hour of the week is, returns a time that is
        some windows later."""
        time = now
        for _ in range(LONGEST_SEARCH):
            if self.until is not None and self.until > time:
                time = self.until
            window_end = self._window_end(time)
            if window_end is None:
                break
            time = window_end
        return time

    def _window_end(self, now: datetime) -> datetime | None:
        """Returns the end of the weekly window that contains the time; None if there is none."""
        if self.hours is None:
            return None
        zone = ZoneInfo(self.hours.time_zone)
        local = now.astimezone(zone).replace(tzinfo=None)
        spans_midnight = self.hours.until_time <= self.hours.from_time
        for days_before in (0, 1) if spans_midnight else (0,):
            first_day = local.date() - timedelta(days=days_before)
            begin = datetime.combine(first_day, self.hours.from_time)
            end = datetime.combine(first_day + timedelta(days=int(spans_midnight)), self.hours.until_time)
            if WEEKDAYS[first_day.weekday()] in self.hours.days and begin <= local < end:
                return end.replace(tzinfo=zone).astimezone(UTC)
        return None
