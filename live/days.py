"""Ranges of days, by which reads of the order of changes exclude partitions."""

from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

from models.rows import ChangeRow


class Days(NamedTuple):
    """The days from `first` to `last`. PostgreSQL reads only the partitions of these days. The day of a change is never
    before that of an earlier change."""

    first: date = date.min
    last: date = date.max

    @classmethod
    def of(cls, changes: Sequence[ChangeRow]) -> "Days":
        """Returns the days of the changes, which are in order."""
        return cls(changes[0].day, changes[-1].day)

    @property
    def parameters(self) -> dict[str, date]:
        """The parameters of statements with the condition `live.change_statements.is_in_days`."""
        return {"first_day": self.first, "last_day": self.last}


ALL_DAYS = Days()
