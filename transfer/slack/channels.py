"""Creating the channels of an import, and handing them over.

While its messages are written, a channel is private, archived and without members, and the importer is its creator:
only administrators can find it. With its last message it gets its kind, its creator and its members, who have read
everything. So nobody sees half a channel, and a repeated import can tell which channels it has not completed.
A direct message has its two members from the start: they could open it themselves meanwhile.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import ARRAY, Boolean, Text

from chat.audit import AuditRecord
from chat.identity import DirectoryToken
from chat.naming import fold
from chat.operation import Transaction, operation
from chat.retention import EFFECTIVE_DAYS
from models.columns import IDENTIFIER, TEXT_ARRAY, TIMESTAMPTZ
from models.enums import AuditAction, ChannelKind
from models.statements import sql
from transfer.slack.people import Person
from transfer.slack.people_rows import write_people

_NAMES = sql("SELECT sort_name FROM channels WHERE account_id = :account_id AND kind <> 'DIRECT'")

_CHANNELS = sql(
    """
    SELECT channel_id, created_by, kind
      FROM unnest(:channel_ids) AS key (id)
           CROSS JOIN LATERAL (
            SELECT channel_id, created_by, kind FROM channels
             WHERE account_id = :account_id AND channel_id = key.id
             LIMIT 1
           ) AS channel
    """,
    channel_ids=ARRAY(IDENTIFIER),
)

_DIRECT = sql(
    "SELECT channel_id FROM channels WHERE account_id = :account_id AND direct_low = :low AND direct_high = :high"
)

_KEPT_DAYS = sql(
    f"""
    SELECT {EFFECTIVE_DAYS}
      FROM channels JOIN accounts USING (account_id)
     WHERE account_id = :account_id AND channel_id = :channel_id
    """,  # noqa: S608
    channel_id=IDENTIFIER,
)

_ACTIVE_MEMBERS = sql(
    """
    SELECT agent_id
      FROM members JOIN agents USING (account_id, agent_id)
     WHERE members.account_id = :account_id AND members.channel_id = :channel_id AND active
    """
)

_CREATE = sql(
    """
    WITH created AS (
        INSERT INTO channels (account_id, channel_id, kind, name, sort_name, description, created_by, created_at,
                              archived_at, last_seq, post_count, member_count, last_activity_at)
        VALUES (:account_id, :channel_id, 'PRIVATE', :name, :sort_name, :description, :importer_id, :created_at,
                :created_at, 1, 0, 0, :created_at)
        ON CONFLICT DO NOTHING
        RETURNING channel_id
    )
    INSERT INTO messages (account_id, message_id, channel_id, seq, post_number, author_id, body, system_event,
                          system_agent_ids, system_after, created_at, revision)
    SELECT :account_id, :message_id, channel_id, 1, 0, :creator_id, '', 'CREATED', '{}', :name, :created_at, 1
      FROM created
    """,
    account_id=Text,
    channel_id=IDENTIFIER,
    message_id=IDENTIFIER,
    name=Text,
    created_at=TIMESTAMPTZ,
    creator_id=Text,
)

_CREATE_DIRECT = sql(
    """
    INSERT INTO channels (account_id, channel_id, kind, sort_name, direct_low, direct_high, created_by, created_at,
                          last_seq, post_count, member_count, last_activity_at)
    VALUES (:account_id, :channel_id, 'DIRECT', '', :low, :high, :low, :created_at, 0, 0, 0, :created_at)
    ON CONFLICT DO NOTHING
    RETURNING channel_id
    """,
    account_id=Text,
    low=Text,
)

_LOCK_IMPORTED = sql(
    """
    SELECT FROM channels
     WHERE account_id = :account_id AND channel_id = :channel_id AND created_by = :importer_id
       FOR NO KEY UPDATE
    """,
    channel_id=IDENTIFIER,
)

_ADD_MEMBERS = sql(
    """
    WITH added AS (
        INSERT INTO members (account_id, channel_id, agent_id, role, joined_at, notification_level, muted, favourite,
                             read_seq, read_posts)
        SELECT :account_id, :channel_id, agent_id, CASE WHEN is_owner THEN 'OWNER' ELSE 'MEMBER' END,
               channel.created_at, 'EVERYTHING', false, false, channel.last_seq, channel.post_count
          FROM unnest(:agent_ids, :owners) AS given (agent_id, is_owner)
               JOIN agents USING (agent_id)
               CROSS JOIN (
                SELECT created_at, last_seq, post_count FROM channels
                 WHERE account_id = :account_id AND channel_id = :channel_id
               ) AS channel
         WHERE agents.account_id = :account_id
        ON CONFLICT DO NOTHING
        RETURNING agent_id
    )
    UPDATE channels
       SET member_count = member_count + (
            SELECT count(*) FROM added JOIN agents USING (agent_id) WHERE account_id = :account_id AND active
           )
     WHERE account_id = :account_id AND channel_id = :channel_id
    """,
    account_id=Text,
    channel_id=IDENTIFIER,
    agent_ids=TEXT_ARRAY,
    owners=ARRAY(Boolean),
)

_HAND_OVER = sql(
    """
    UPDATE channels
       SET kind = :kind, created_by = :creator_id, archived_at = CASE WHEN :is_archived THEN last_activity_at END
     WHERE account_id = :account_id AND channel_id = :channel_id
    """,
    kind=Text,
    is_archived=Boolean,
)

_ACCESS_VERSION = sql("SELECT access_version FROM account_clocks WHERE account_id = :account_id")
_LOCK_CLOCK = sql("SELECT access_version FROM account_clocks WHERE account_id = :account_id FOR NO KEY UPDATE")


@dataclass(frozen=True)
class NewChannel:
    channel_id: UUID
    created_message_id: UUID
    kind: ChannelKind
    name: str
    description: str | None
    creator: Person
    created_at: datetime
    is_archived: bool
    member_ids: tuple[str, ...]
    """The members' agents, in the order of the export."""

    owner_ids: frozenset[str]


class ImportedChannel(NamedTuple):
    creator_id: str
    kind: ChannelKind


def import_identity(account_id: str, now: datetime) -> DirectoryToken:
    """Returns the identity with which the import's transactions run. They check nobody's permissions."""
    return DirectoryToken(account_id, expires_at=now)


@operation
async def read_names(tx: Transaction) -> set[str]:
    """Returns the folded names of the account's channels."""
    return {name for (name,) in await tx.fetch(_NAMES)}


@operation
async def read_channels(tx: Transaction, channel_ids: Sequence[UUID]) -> dict[UUID, ImportedChannel]:
    """Returns those of the channels that exist."""
    rows = await tx.fetch(_CHANNELS, channel_ids=channel_ids)
    return {channel_id: ImportedChannel(created_by, ChannelKind(kind)) for channel_id, created_by, kind in rows}


@operation
async def read_kept_since(tx: Transaction, channel_id: UUID) -> datetime | None:
    """Returns since when messages must have been sent to be kept in the channel; None if they are kept forever."""
    days = await tx.fetch_value(_KEPT_DAYS, channel_id=channel_id)
    return tx.now - timedelta(days=days) if days is not None else None


@operation
async def read_active_members(tx: Transaction, channel_id: UUID) -> frozenset[str]:
    return frozenset(agent_id for (agent_id,) in await tx.fetch(_ACTIVE_MEMBERS, channel_id=channel_id))


@operation
async def create_channel(tx: Transaction, channel: NewChannel, importer: Person) -> None:
    """Does nothing if the channel exists."""
    await write_people(tx, [importer, channel.creator])
    await tx.fetch(
        _CREATE,
        channel_id=channel.channel_id,
        message_id=channel.created_message_id,
        name=channel.name,
        sort_name=fold(channel.name),
        description=channel.description,
        importer_id=importer.agent_id,
        creator_id=channel.creator.agent_id,
        created_at=channel.created_at,
    )


@operation
async def hand_over(tx: Transaction, channel: NewChannel, importer: Person) -> None:
    """Makes the channel what it was in Slack. Does nothing if that was done before."""
    tx.reliance.on_version(await tx.fetch_value(_ACCESS_VERSION))
    tx.reliance.on_all_agents()
    if await tx.fetch_row(_LOCK_IMPORTED, channel_id=channel.channel_id, importer_id=importer.agent_id) is None:
        return
    await tx.fetch(
        _HAND_OVER,
        channel_id=channel.channel_id,
        kind=channel.kind,
        creator_id=channel.creator.agent_id,
        is_archived=channel.is_archived,
    )
    tx.audit(
        AuditRecord(AuditAction.CHANNEL_CREATED, None, channel.channel_id, after=channel.name),
        AuditRecord(AuditAction.MEMBER_ADDED, None, channel.channel_id, after=str(len(channel.member_ids))),
    )
    await _add_members(tx, channel.channel_id, channel.member_ids, channel.owner_ids)


@operation
async def open_direct_message(tx: Transaction, channel_id: UUID, pair: tuple[str, str], created_at: datetime) -> UUID:
    """Returns the id of the direct message between the two agents, which may have existed before."""
    tx.reliance.on_version(await tx.fetch_value(_ACCESS_VERSION))
    tx.reliance.on_all_agents()
    low, high = sorted(pair)
    if await tx.fetch(_CREATE_DIRECT, channel_id=channel_id, low=low, high=high, created_at=created_at):
        await _add_members(tx, channel_id, (low, high), frozenset())
    found: UUID = await tx.fetch_value(_DIRECT, low=low, high=high)
    return found


async def _add_members(tx: Transaction, channel_id: UUID, agent_ids: Sequence[str], owner_ids: frozenset[str]) -> None:
    """Ends the transaction: it counts who is active, so nobody may be activated or deactivated before its commit."""
    await tx.fetch(
        _ADD_MEMBERS,
        channel_id=channel_id,
        agent_ids=agent_ids,
        owners=[agent_id in owner_ids for agent_id in agent_ids],
    )
    access_version = await tx.fetch_value(_LOCK_CLOCK)
    await tx.reliance.check(tx.connection, tx.account_id, access_version)
