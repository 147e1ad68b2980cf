"""Assigning new owners to channels without one: a channel with active members always has an active owner.

Every operation that adds members to a channel, and the directory sync, ends with `assign_missing_owners`.
"""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import ARRAY, and_, bindparam, literal, or_, select, text
from sqlmodel import col

from chat.operation import Transaction
from chat.posting import SystemMessage, post_system_messages
from models import Channel, Member
from models.columns import IDENTIFIER, is_one_of
from models.enums import ChangeKind, ChannelKind, MemberRole, SystemEvent


async def lock_affected_channels(tx: Transaction, activated: Sequence[str], deactivated: Sequence[str]) -> list[UUID]:
    """Locks the channels whose members or owners may change when these agents are activated or deactivated, in the
    order of their ids, and returns their ids: the channels they are members of, and every announcement, which newly
    active agents join. Called before the agents' own rows are locked, the same order as in every other write."""
    if not activated and not deactivated:
        return []
    joined = (
        select(col(Member.channel_id))
        .where(col(Member.account_id) == tx.account_id, is_one_of(col(Member.agent_id), [*activated, *deactivated]))
        .scalar_subquery()
    )
    will_join = and_(col(Channel.kind) == ChannelKind.ANNOUNCEMENT, literal(bool(activated)))
    locked = await tx.session.scalars(
        select(col(Channel.channel_id))
        .where(
            col(Channel.account_id) == tx.account_id,
            col(Channel.kind) != ChannelKind.DIRECT,
            or_(will_join, col(Channel.channel_id).in_(joined)),
        )
        .order_by(col(Channel.channel_id))
        .with_for_update()
    )
    return list(locked)


# The system message names the former owner, a deactivated agent, as its actor; without one, the new owner. Whether a
# member is active is a subquery by primary key: as a join, with statistics from before the directory sync, PostgreSQL
# compared all agents with all members (8 s for 5,000 agents).
_ASSIGN_OWNERS = text(
    """
    WITH ownerless AS (
        SELECT channel_id
          FROM channels
         WHERE account_id = :account_id AND channel_id = ANY (:channel_ids) AND kind <> 'DIRECT'
           AND NOT EXISTS (
                SELECT FROM members
                 WHERE account_id = :account_id AND members.channel_id = channels.channel_id AND role = 'OWNER'
                   AND (SELECT active FROM agents WHERE account_id = :account_id AND agent_id = members.agent_id)
               )
    ), successors AS (
        SELECT ownerless.channel_id, oldest.agent_id, oldest.role AS before
          FROM ownerless CROSS JOIN LATERAL (
                SELECT agent_id, role
                  FROM members
                 WHERE account_id = :account_id AND members.channel_id = ownerless.channel_id
                   AND (SELECT active FROM agents WHERE account_id = :account_id AND agent_id = members.agent_id)
                 ORDER BY role = 'ADMIN' DESC, joined_at, agent_id
                 LIMIT 1
               ) AS oldest
    ), former AS (
        SELECT channel_id, min(members.agent_id) AS agent_id
          FROM successors JOIN members USING (channel_id)
         WHERE account_id = :account_id AND role = 'OWNER'
         GROUP BY channel_id
    )
    UPDATE members SET role = 'OWNER'
      FROM successors LEFT JOIN former USING (channel_id)
     WHERE members.account_id = :account_id
       AND members.channel_id = successors.channel_id AND members.agent_id = successors.agent_id
    RETURNING successors.channel_id, successors.agent_id, successors.before,
              coalesce(former.agent_id, successors.agent_id) AS actor_id
    """
).bindparams(bindparam("channel_ids", type_=ARRAY(IDENTIFIER)))


async def assign_missing_owners(tx: Transaction, channel_ids: Sequence[UUID]) -> None:
    """Finds the channels without an active owner among these, makes the longest-standing active admin (or, if there is
    none, member) of each its owner, and reports it in the channel. The caller holds the channels' locks."""
    if not channel_ids:
        return
    assigned = await tx.session.execute(_ASSIGN_OWNERS, {"account_id": tx.account_id, "channel_ids": list(channel_ids)})
    messages = [
        SystemMessage(
            row.channel_id, row.actor_id, SystemEvent.ROLE_CHANGED, [row.agent_id], row.before, MemberRole.OWNER.value
        )
        for row in assigned
    ]
    for message in messages:
        tx.announce(ChangeKind.MEMBER_CHANGED, message.channel_id, message.agent_ids[0])
    await post_system_messages(tx, *messages)
