"""The account's order of changes, which live streams replay."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Date, Index, text
from sqlmodel import Field, SQLModel

from models.columns import IDENTIFIER, TIMESTAMPTZ, enum_check, enum_text, key_column
from models.enums import ChangeKind

PARTITIONED_TABLES = ("changes", "changed_agents")
BY_DAY = {"postgresql_partition_by": "RANGE (day)"}


def _day() -> Any:
    """Returns the column by which the table is partitioned. The default is for servers of the version before, which do
    not write it."""
    return Field(
        primary_key=True, sa_type=Date, sa_column_kwargs={"server_default": text("(now() AT TIME ZONE 'UTC')::date")}
    )


class Change(SQLModel, table=True):
    """A change that other agents can see. The numbers in `change` have no gaps within an account, and changes commit in
    numerical order. A row identifies what changed, but does not hold the new value. There are no foreign keys: an
    insert must not lock any other row.

    The table is partitioned by `day`, so that old changes are removed by dropping partitions (`live.partitions`). The
    day never decreases with the number: it is the date (UTC) of `created_at`, or the day of an earlier change if that
    is later. So changes after a given one are never in a partition before its own, and reads name a range of days.
    """

    __tablename__ = "changes"
    __table_args__ = (
        enum_check("kind", ChangeKind),
        # Replay over many channels: one range per channel.
        Index(None, "account_id", "channel_id", "change"),
        BY_DAY,
    )

    account_id: str = key_column()
    change: int = Field(primary_key=True, sa_type=BigInteger, sa_column_kwargs={"autoincrement": False})
    day: date = _day()
    kind: ChangeKind = Field(sa_type=enum_text(ChangeKind))
    channel_id: UUID | None = Field(default=None, sa_type=IDENTIFIER)
    message_id: UUID | None = Field(default=None, sa_type=IDENTIFIER)
    revision: int | None = None
    created_at: datetime = Field(sa_type=TIMESTAMPTZ)
    """The time by the database's clock at which it was appended, just before the commit."""


class ChangedAgent(SQLModel, table=True):
    """An agent whom a change is about, such as a new member. A change that is about thousands of agents, such as the
    creation of an announcement, is one row of `changes` and one row here for each of them. The table is partitioned in
    the same way."""

    __tablename__ = "changed_agents"
    # Replay: the changes that are about one agent, in any channel.
    __table_args__ = (Index(None, "account_id", "agent_id", "change"), BY_DAY)

    account_id: str = key_column()
    change: int = Field(primary_key=True, sa_type=BigInteger, sa_column_kwargs={"autoincrement": False})
    agent_id: str = key_column()
    day: date = _day()
