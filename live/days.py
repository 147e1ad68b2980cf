"""Ranges of days, by which reads of the order of changes exclude partitions."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import NamedTuple

from models.rows import ChangeRow

ONE_DAY = timedelta(days=1)


class Days(NamedTuple):
    """The days from `first` to `last`. PostgreSQL reads only the partitions of these days. The day of a change is never
    before that of an earlier change."""

    first: date = date.min
    last: date = date.max

    @classmethod
    def since(cls, day: date) -> "Days":
        """Returns the days of the changes after one of this day. They begin a day earlier: while servers are upgraded
        from release 0.1.0, those of that release write the day of the database's clock, and the clock of a server that
        wrote before may be ahead of it."""
        return cls(day - ONE_DAY) if day > date.min else ALL_DAYS

    @classmethod
    def of(cls, changes: Sequence[ChangeRow]) -> "Days":
        """Returns the days of the changes, which are in order."""
        return cls(changes[0].day, changes[-1].day)

    @property
    def parameters(self) -> dict[str, date]:
        """The parameters of statements with the condition `live.change_statements.is_in_days`."""
        return {"first_day": self.first, "last_day": self.last}


ALL_DAYS = Days()
