"""The audit log. `chat.operation` writes its entries in the transaction of the change, and refuses to commit a change
that must have one and does not. `EFFECTS` (`chat.change_kinds`) defines which changes must.

An entry contains no text of a message. Changes in direct messages have none, because an administrator must not learn
who writes to whom.
"""

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import ARRAY, Text
from uuid_utils.compat import uuid7

from chat.change_kinds import EFFECTS
from chat.changes import NewChange
from models.columns import IDENTIFIER, TEXT_ARRAY, TIMESTAMPTZ
from models.database import Connection
from models.enums import AuditAction
from models.statements import sql

ENTRIES_LIMIT = 1_000
"""How many agents of one change have an entry each: as many as one call can list."""

_INSERT = sql(
    """
    INSERT INTO audit_entries (account_id, created_at, entry_id, action, actor_id, agent_id, channel_id, message_id,
                               setting, before, after)
    SELECT :account_id, :now, given.*
      FROM unnest(:entry_ids, :actions, :actor_ids, :agent_ids, :channel_ids, :message_ids, :settings, :befores,
                  :afters) AS given
    """,
    account_id=Text,
    now=TIMESTAMPTZ,
    entry_ids=ARRAY(IDENTIFIER),
    actions=TEXT_ARRAY,
    actor_ids=TEXT_ARRAY,
    agent_ids=TEXT_ARRAY,
    channel_ids=ARRAY(IDENTIFIER),
    message_ids=ARRAY(IDENTIFIER),
    settings=TEXT_ARRAY,
    befores=TEXT_ARRAY,
    afters=TEXT_ARRAY,
)


@dataclass(frozen=True)
class AuditRecord:
    """What an entry states. `actor_id` is None for what the directory or the chat itself does."""

    action: AuditAction
    actor_id: str | None
    channel_id: UUID | None = None
    agent_id: str | None = None
    message_id: UUID | None = None
    setting: str | None = None
    before: str | None = None
    after: str | None = None


class NotAudited(Exception):
    """An operation has made a change without the entry that it must have."""


def each_or_count(records: Sequence[AuditRecord]) -> Sequence[AuditRecord]:
    """Returns the records of one change, which differ in their agents. More than 1,000 become one record with their
    number."""
    return records if len(records) <= ENTRIES_LIMIT else [count_of(records)]


def count_of(records: Sequence[AuditRecord]) -> AuditRecord:
    """Returns one record for all of these, without an agent, with their number as its `after`."""
    first = records[0]
    return AuditRecord(first.action, first.actor_id, first.channel_id, after=str(len(records)))


def check_audited(
    changes: Sequence[NewChange], records: Sequence[AuditRecord], direct_channel_ids: Collection[UUID]
) -> None:
    """Raises NotAudited unless there is a record for each change that must have one."""
    made = Counter(
        (change.kind, change.channel_id)
        for change in changes
        if EFFECTS[change.kind].audit and change.channel_id not in direct_channel_ids
    )
    for (kind, channel_id), count in made.items():
        actions = EFFECTS[kind].audit
        found = sum(record.action in actions and record.channel_id == channel_id for record in records)
        if found < count:
            raise NotAudited(f"{kind} needs an entry of the audit log: {', '.join(sorted(actions))}.")


async def write_records(connection: Connection, account_id: str, records: Sequence[AuditRecord], now: datetime) -> None:
    """Writes the entries, in one statement."""
    await _INSERT.fetch(
        connection,
        account_id=account_id,
        now=now,
        entry_ids=[uuid7() for _ in records],
        actions=[record.action for record in records],
        actor_ids=[record.actor_id for record in records],
        agent_ids=[record.agent_id for record in records],
        channel_ids=[record.channel_id for record in records],
        message_ids=[record.message_id for record in records],
        settings=[record.setting for record in records],
        befores=[record.before for record in records],
        afters=[record.after for record in records],
    )
