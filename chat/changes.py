"""Appending to the account's order of changes, which is the last statement of every write."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import ARRAY, Boolean, Date, Integer, Text

from chat.change_kinds import ADMISSION_KINDS
from models.columns import IDENTIFIER, TEXT_ARRAY
from models.database import Connection
from models.enums import ChangeKind
from models.statements import sql


@dataclass(frozen=True)
class NewChange:
    """A change to be appended. It gets its number from the account's clock at the end of the transaction. `agent_ids`
    are the agents whom it is about."""

    kind: ChangeKind
    channel_id: UUID | None = None
    message_id: UUID | None = None
    revision: int | None = None
    agent_ids: Sequence[str] = ()


class Appended(NamedTuple):
    """`last` is the number of the last change, `access_version` that of the account before these changes."""

    last: int
    access_version: int


# Locks the clock's row until the commit, so changes become visible in the order of their numbers. The day is limited to
# a week after the database's: if the clock of one server is wrong, the partition of the day exists nevertheless. The
# time is that of a moment before the commit. The operation began before it waited for locks.
_APPEND = sql(
    """
    WITH clock AS (
        UPDATE account_clocks
           SET change = change + :count, access_version = access_version + CAST(:changes_access AS int),
               day = greatest(day, least(:today, (now() AT TIME ZONE 'UTC')::date + 7))
         WHERE account_id = :account_id
     RETURNING change, access_version, day
    ), appended AS (
        INSERT INTO changes (account_id, change, day, kind, channel_id, message_id, revision, created_at)
        SELECT :account_id, clock.change - :count + given.place, clock.day,
               given.kind, given.channel_id, given.message_id, given.revision, clock_timestamp()
          FROM clock,
               unnest(:kinds, :channel_ids, :message_ids, :revisions)
               WITH ORDINALITY AS given (kind, channel_id, message_id, revision, place)
    ), agents AS (
        INSERT INTO changed_agents (account_id, change, agent_id, day)
        SELECT :account_id, clock.change - :count + given.place, given.agent_id, clock.day
          FROM clock, unnest(:places, :agent_ids) AS given (place, agent_id)
    )
    SELECT change, access_version FROM clock
    """,
    account_id=Text,
    changes_access=Boolean,
    today=Date,
    kinds=TEXT_ARRAY,
    channel_ids=ARRAY(IDENTIFIER),
    message_ids=ARRAY(IDENTIFIER),
    revisions=ARRAY(Integer),
    places=ARRAY(Integer),
    agent_ids=TEXT_ARRAY,
)


async def append_changes(
    connection: Connection, account_id: str, changes: Sequence[NewChange], now: datetime
) -> Appended:
    """Appends the changes in the given order. `now` determines their day. The caller must commit immediately
    afterwards, because every other write of the account waits for it."""
    agents = [(place, agent_id) for place, change in enumerate(changes, 1) for agent_id in change.agent_ids]
    changes_access = any(change.kind in ADMISSION_KINDS for change in changes)
    clock = await _APPEND.fetch(
        connection,
        account_id=account_id,
        changes_access=changes_access,
        count=len(changes),
        today=now.astimezone(UTC).date(),
        kinds=[change.kind for change in changes],
        channel_ids=[change.channel_id for change in changes],
        message_ids=[change.message_id for change in changes],
        revisions=[change.revision for change in changes],
        places=[place for place, _ in agents],
        agent_ids=[agent_id for _, agent_id in agents],
    )
    ((last, access_version),) = clock
    return Appended(last, access_version - changes_access)
