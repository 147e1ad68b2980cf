"""What follows when agents are activated or deactivated: newly active agents become members of every announcement, a
channel without an active owner gets one, and the active members of channels are counted again.

The directory sync, which activates and deactivates, waits for no channel. In its transaction it only lists the agents
in `pending_activations`. The rest is done in later transactions, each of which locks some channels. It can stop after
any of them: the next call completes it.
"""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import ARRAY

from chat.identity import Identity
from chat.locking import lock_channels
from chat.membership import count_members, join_announcement
from chat.operation import Transaction, operation
from chat.ownership import assign_missing_owners
from chat.ports import Chat
from models.columns import IDENTIFIER, TEXT_ARRAY, TIMESTAMPTZ
from models.database import Database, Record
from models.enums import ChangeKind
from models.statements import sql

BATCH = 50
"""How many channels one transaction locks."""

_LIST = sql(
    """
    INSERT INTO pending_activations (account_id, agent_id, requested_at)
    SELECT :account_id, agent_id, :now FROM unnest(:agent_ids) AS agent_id
    ON CONFLICT (account_id, agent_id) DO UPDATE SET requested_at = excluded.requested_at
    """,
    agent_ids=TEXT_ARRAY,
)

_PENDING = sql("SELECT agent_id, requested_at FROM pending_activations WHERE account_id = :account_id")

# An agent who was activated or deactivated again meanwhile has a later row, which remains.
_REMOVE = sql(
    """
    DELETE FROM pending_activations USING unnest(:agent_ids, :requested_ats) AS applied (agent_id, requested_at)
     WHERE account_id = :account_id AND pending_activations.agent_id = applied.agent_id
       AND pending_activations.requested_at = applied.requested_at
    """,
    agent_ids=TEXT_ARRAY,
    requested_ats=ARRAY(TIMESTAMPTZ),
)

_ACCOUNTS = sql("SELECT DISTINCT account_id FROM pending_activations WHERE requested_at < :before")

_ACCESS_VERSION = sql("SELECT access_version FROM account_clocks WHERE account_id = :account_id")

_ANNOUNCEMENTS = sql(
    """
    SELECT channel_id FROM channels
     WHERE account_id = :account_id AND kind = 'ANNOUNCEMENT'
       AND EXISTS (
            SELECT FROM pending_activations JOIN agents USING (account_id, agent_id)
             WHERE account_id = :account_id AND active
           )
     ORDER BY channel_id
    """
)


# LATERAL and LIMIT make the planner look for one of the agents in each channel, instead of sorting all channels of
# thousands of agents for each batch.
_CHANNELS = sql(
    """
    SELECT channel_id
      FROM channels CROSS JOIN LATERAL (
            SELECT FROM pending_activations JOIN members USING (account_id, agent_id)
             WHERE account_id = :account_id AND members.channel_id = channels.channel_id
             LIMIT 1
           ) AS affected
     WHERE account_id = :account_id AND channel_id > :after
     ORDER BY channel_id
     LIMIT :limit
    """,
    after=IDENTIFIER,
)


async def list_activations(tx: Transaction, agent_ids: Sequence[str]) -> None:
    """Lists agents whom this transaction activates or deactivates, for `apply_activations`."""
    if agent_ids:
        await tx.fetch(_LIST, agent_ids=agent_ids, now=tx.now)


async def accounts_with_pending(database: Database, before: datetime) -> list[str]:
    """Returns the accounts with agents who were listed before this time."""
    async with database.connection(None) as connection:
        return [account_id for (account_id,) in await _ACCOUNTS.fetch(connection, before=before)]


async def apply_activations(chat: Chat, identity: Identity) -> None:
    """Updates the channels of the account's agents who were activated or deactivated. Several processes can do it at
    the same time."""
    pending = await _read_pending(chat, identity)
    if not pending:
        return
    for channel_id in await _read_announcements(chat, identity):
        await _join_announcement(chat, identity, channel_id)
    changed_counts = 0
    after: UUID | None = UUID(int=0)
    while after is not None:
        after, changed = await _update_channels(chat, identity, after)
        changed_counts += changed
    if changed_counts:
        await _announce_counts(chat, identity, [agent_id for agent_id, _ in pending])
    await _remove(chat, identity, pending)


@operation
async def _read_pending(tx: Transaction) -> Sequence[Record]:
    return await tx.fetch(_PENDING)


@operation
async def _read_announcements(tx: Transaction) -> list[UUID]:
    return [channel_id for (channel_id,) in await tx.fetch(_ANNOUNCEMENTS)]


@operation
async def _join_announcement(tx: Transaction, channel_id: UUID) -> None:
    await _rely_on_access(tx)
    await lock_channels(tx, [channel_id])
    await join_announcement(tx, channel_id)
    await assign_missing_owners(tx, [channel_id])


@operation
async def _update_channels(tx: Transaction, after: UUID) -> tuple[UUID | None, int]:
    """Updates the next channels that the agents are members of. Returns the last of these channels, or None if there
    are no more, and how many counts of members have changed."""
    channel_ids: list[UUID] = [channel_id for (channel_id,) in await tx.fetch(_CHANNELS, after=after, limit=BATCH)]
    if not channel_ids:
        return None, 0
    await _rely_on_access(tx)
    await lock_channels(tx, channel_ids)
    changed_counts = await count_members(tx, channel_ids)
    await assign_missing_owners(tx, channel_ids)
    return channel_ids[-1], changed_counts


@operation
async def _announce_counts(tx: Transaction, agent_ids: Sequence[str]) -> None:
    """Announces the new counts of all channels of these agents as one change."""
    tx.announce(ChangeKind.MEMBERS_COUNTED, agent_ids=agent_ids)


async def _rely_on_access(tx: Transaction) -> None:
    tx.reliance.on_version(await tx.fetch_value(_ACCESS_VERSION))


@operation
async def _remove(tx: Transaction, applied: Sequence[Record]) -> None:
    await tx.fetch(
        _REMOVE,
        agent_ids=[agent_id for agent_id, _ in applied],
        requested_ats=[requested_at for _, requested_at in applied],
    )
