"""Assigning new owners to channels without one: a channel with active members always has an active owner.

Every operation that adds members to a channel ends with `assign_missing_owners`. So does what follows the activation or
deactivation of agents (`chat.operations.activations`).
"""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import ARRAY

from chat.audit import AuditRecord
from chat.operation import Transaction
from chat.posting import SystemMessage, post_system_messages
from models.columns import IDENTIFIER
from models.enums import AuditAction, ChangeKind, MemberRole, SystemEvent
from models.statements import sql

# The system message names the former owner, a deactivated agent, as its actor; without one, the new owner. Members and
# agents are read by subqueries that the planner cannot turn into joins (see `models.statements.one_row`): with
# statistics from before the directory sync, it compared all agents with all members (8 s for 5,000 agents).
_ASSIGN_OWNERS = sql(
    """
    WITH ownerless AS (
        SELECT channel_id
          FROM channels
         WHERE account_id = :account_id AND channel_id = ANY (:channel_ids) AND kind <> 'DIRECT'
           AND (
                SELECT agent_id
                  FROM members
                 WHERE account_id = :account_id AND members.channel_id = channels.channel_id AND role = 'OWNER'
                   AND (SELECT active FROM agents WHERE account_id = :account_id AND agent_id = members.agent_id)
                 LIMIT 1
               ) IS NULL
    ), successors AS (
        SELECT ownerless.channel_id, oldest.agent_id, oldest.role AS before, (
                SELECT min(agent_id)
                  FROM members
                 WHERE account_id = :account_id AND members.channel_id = ownerless.channel_id AND role = 'OWNER'
               ) AS former_id
          FROM ownerless CROSS JOIN LATERAL (
                SELECT agent_id, role
                  FROM members
                 WHERE account_id = :account_id AND members.channel_id = ownerless.channel_id
                   AND (SELECT active FROM agents WHERE account_id = :account_id AND agent_id = members.agent_id)
                 ORDER BY role = 'ADMIN' DESC, joined_at, agent_id
                 LIMIT 1
               ) AS oldest
    )
    UPDATE members SET role = 'OWNER'
      FROM successors
     WHERE members.account_id = :account_id
       AND members.channel_id = successors.channel_id AND members.agent_id = successors.agent_id
    RETURNING successors.channel_id, successors.agent_id, successors.before,
              coalesce(successors.former_id, successors.agent_id) AS actor_id
    """,
    channel_ids=ARRAY(IDENTIFIER),
)


async def assign_missing_owners(tx: Transaction, channel_ids: Sequence[UUID]) -> None:
    """Finds the channels without an active owner among these, makes the longest-standing active admin (or, if there is
    none, member) of each its owner, and reports it in the channel. In the audit log, nobody did it.

    The caller holds the channels' locks, and has read the viewer or the access version, because the transaction relies
    on the new owners being active."""
    if not channel_ids:
        return
    assigned = await tx.fetch(_ASSIGN_OWNERS, channel_ids=channel_ids)
    messages = [
        SystemMessage(channel_id, actor_id, SystemEvent.ROLE_CHANGED, [agent_id], before, MemberRole.OWNER)
        for channel_id, agent_id, before, actor_id in assigned
    ]
    tx.reliance.on_active(agent_id for _, agent_id, _, _ in assigned)
    for channel_id, agent_id, before, _ in assigned:
        tx.announce(ChangeKind.MEMBER_CHANGED, channel_id, [agent_id])
        action, after = AuditAction.MEMBER_ROLE_CHANGED, MemberRole.OWNER.value
        tx.audit(AuditRecord(action, None, channel_id, agent_id, before=before, after=after))
    await post_system_messages(tx, *messages)
