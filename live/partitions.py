"""The partitions of `changes` and `changed_agents`, one for each day: made before they are needed, and removed when
their day is over for long enough. Any number of processes can do it at the same time.

Attaching locks the DEFAULT partition, and detaching the whole table. Neither waits long for that lock, because all
reads and writes that come later would wait too. Instead, it is tried again.
"""

import asyncio
import random
import re
from collections.abc import Awaitable, Callable
from datetime import date, datetime, timedelta
from functools import partial
from typing import NamedTuple

import structlog
from asyncpg.exceptions import CheckViolationError, DeadlockDetectedError, LockNotAvailableError

from models.changes import PARTITIONED_TABLES
from models.database import Connection, Database
from models.statements import sql

DAYS_AHEAD = 7
"""How many days before they begin partitions are made."""

LOCK_TIMEOUT = "500ms"
"""How long reads and writes of changes can be delayed by an attempt."""

ATTEMPTS = 10
PAUSE_SECONDS = 1.0
BATCH = 5_000

log = structlog.get_logger(__name__)

_ONE_AT_A_TIME = sql("SELECT pg_try_advisory_xact_lock(hashtextextended('partitions of changes', 0))")
_LIST = sql(
    """
    SELECT relname, EXISTS (SELECT FROM pg_inherits WHERE inhrelid = pg_class.oid)
      FROM pg_class
     WHERE relnamespace = (SELECT relnamespace FROM pg_class WHERE oid = CAST('changes' AS regclass))
       AND relkind = 'r' AND relname ~ '^change.*_[0-9]{8}$'
    """
)
_DEFAULT_DAYS = sql("SELECT day FROM changes_default UNION SELECT day FROM changed_agents_default")

# The rows of each account in the order of their numbers, so that no gap is left if the deletion is interrupted.
_DELETE_CHANGES = sql(
    """
    DELETE FROM changes_default
     WHERE (account_id, change) IN (
            SELECT account_id, change FROM changes_default WHERE day = :day ORDER BY account_id, change LIMIT :batch
           )
    RETURNING change
    """
)
_DELETE_AGENTS = sql(
    """
    DELETE FROM changed_agents_default
     WHERE (account_id, change, agent_id) IN (
            SELECT account_id, change, agent_id FROM changed_agents_default WHERE day = :day LIMIT :batch
           )
    RETURNING change
    """
)


class Partition(NamedTuple):
    """The partition of one table for one day. Detached ones were about to be dropped when a process ended."""

    table: str
    day: date
    is_attached: bool = True

    @property
    def name(self) -> str:
        return f"{self.table}_{self.day:%Y%m%d}"


class _Busy(Exception):
    """Another process is making or removing partitions."""


async def make_partitions(database: Database, today: date) -> None:
    """Makes the partitions of today and of the next week that do not exist. A day that has changes in the DEFAULT
    partition, because it began without a partition, stays there."""
    days = [today + timedelta(days=ahead) for ahead in range(DAYS_AHEAD + 1)]
    wanted = {Partition(table, day) for table in PARTITIONED_TABLES for day in days}
    for day in sorted({partition.day for partition in wanted.difference(await _read_partitions(database))}):
        try:
            await _retried(partial(_make_day, database, day))
        except _Busy:
            return
        except CheckViolationError:
            log.warning("partition_not_made", day=day.isoformat())


async def remove_days(database: Database, before: date) -> int:
    """Removes the changes of days before this one, in the order of the days: if it fails, no gap is left. Returns how
    many days were removed."""
    partitions = await _read_partitions(database)
    days = {partition.day for partition in partitions} | await _default_days(database)
    expired = sorted(day for day in days if day < before)
    for number, day in enumerate(expired):
        try:
            await _remove_day(database, day, [partition for partition in partitions if partition.day == day])
        except _Busy:
            return number
    return len(expired)


async def _make_day(database: Database, day: date) -> None:
    async with database.transaction(None) as connection:
        await _begin(connection)
        existing = await _partitions(connection)
        for partition in (Partition(table, day) for table in PARTITIONED_TABLES):
            if partition not in existing:
                table, end = partition.table, day + timedelta(days=1)
                await connection.fetch(f"CREATE TABLE {partition.name} (LIKE {table} INCLUDING ALL)")
                # Creating it as a partition would lock the whole table.
                bounds = f"FROM ('{day}') TO ('{end}')"
                await connection.fetch(f"ALTER TABLE {table} ATTACH PARTITION {partition.name} FOR VALUES {bounds}")


async def _remove_day(database: Database, day: date, partitions: list[Partition]) -> None:
    """Removes the changes before their agents, because a change must not be read without them."""
    for partition in sorted(partitions, key=lambda partition: PARTITIONED_TABLES.index(partition.table)):
        if partition.is_attached:
            await _retried(partial(_detach, database, partition))
        async with database.transaction(None) as connection:
            await connection.fetch(f"DROP TABLE IF EXISTS {partition.name}")
    for statement in (_DELETE_CHANGES, _DELETE_AGENTS):
        deleted = BATCH
        while deleted == BATCH:
            async with database.transaction(None) as connection:
                deleted = len(await statement.fetch(connection, day=day, batch=BATCH))


async def _detach(database: Database, partition: Partition) -> None:
    async with database.transaction(None) as connection:
        await _begin(connection)
        if partition in await _partitions(connection):
            await connection.fetch(f"ALTER TABLE {partition.table} DETACH PARTITION {partition.name}")


async def _begin(connection: Connection) -> None:
    """Begins a change of the partitions. Raises _Busy if another process is making one."""
    await connection.fetch(f"SET LOCAL lock_timeout = '{LOCK_TIMEOUT}'")
    ((is_alone,),) = await _ONE_AT_A_TIME.fetch(connection)
    if not is_alone:
        raise _Busy


async def _retried(work: Callable[[], Awaitable[None]]) -> None:
    """Tries the work until it gets its locks, at most ten times."""
    for attempt in range(1, ATTEMPTS + 1):
        try:
            return await work()
        except (LockNotAvailableError, DeadlockDetectedError):
            if attempt == ATTEMPTS:
                raise
        await asyncio.sleep(PAUSE_SECONDS * random.uniform(0.5, 1.5))  # noqa: S311 (jitter, not a secret)
    raise AssertionError("unreachable")


async def _read_partitions(database: Database) -> set[Partition]:
    async with database.connection(None) as connection:
        return await _partitions(connection)


async def _partitions(connection: Connection) -> set[Partition]:
    found = set()
    for name, is_attached in await _LIST.fetch(connection):
        table, _, day = name.rpartition("_")
        if table in PARTITIONED_TABLES and re.fullmatch(r"\d{8}", day):
            found.add(Partition(table, datetime.strptime(day, "%Y%m%d").date(), is_attached))  # noqa: DTZ007
    return found


async def _default_days(database: Database) -> set[date]:
    async with database.connection(None) as connection:
        return {day for (day,) in await _DEFAULT_DAYS.fetch(connection)}
