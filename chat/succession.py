"""Who owns a channel that lost its owners: as long as anybody in it is active, one of them is. Whatever seats members,
and whatever brings agents into the directory or out of it, asks for that at its end."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import ARRAY, and_, bindparam, literal, or_, select, text
from sqlmodel import col

from chat.operation import Transaction
from chat.posting import Told, tell
from models import Channel, Member
from models.columns import IDENTIFIER
from models.enums import ChangeKind, ChannelKind, MemberRole, SystemEvent


async def lock_channels_touched(tx: Transaction, arrived: Sequence[str], departed: Sequence[str]) -> list[UUID]:
    """Returns the channels whose members or owners may change with those who arrive and depart, locked in the order of
    their ids: the announcements for newcomers, and where they sit already. Before the agents' own rows, as in every
    other write."""
    if not arrived and not departed:
        return []
    sat_in = (
        select(col(Member.channel_id))
        .where(col(Member.account_id) == tx.account_id, col(Member.agent_id).in_([*arrived, *departed]))
        .scalar_subquery()
    )
    joined = and_(col(Channel.kind) == ChannelKind.ANNOUNCEMENT, literal(bool(arrived)))
    locked = await tx.session.scalars(
        select(col(Channel.channel_id))
        .where(
            col(Channel.account_id) == tx.account_id,
            col(Channel.kind) != ChannelKind.DIRECT,
            or_(joined, col(Channel.channel_id).in_(sat_in)),
        )
        .order_by(col(Channel.channel_id))
        .with_for_update()
    )
    return list(locked)


# The former owner is deactivated, or there is none: then the heir's own name stands for it. Whether somebody is active
# is looked up for each by the key: as a join, with statistics from before the directory came, all agents were compared
# with all members, which took 8 s for 5,000.
_INHERIT = text(
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
    ), heirs AS (
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
          FROM heirs JOIN members USING (channel_id)
         WHERE account_id = :account_id AND role = 'OWNER'
         GROUP BY channel_id
    )
    UPDATE members SET role = 'OWNER'
      FROM heirs LEFT JOIN former USING (channel_id)
     WHERE members.account_id = :account_id
       AND members.channel_id = heirs.channel_id AND members.agent_id = heirs.agent_id
    RETURNING heirs.channel_id, heirs.agent_id, heirs.before, coalesce(former.agent_id, heirs.agent_id) AS former_id
    """
).bindparams(bindparam("channel_ids", type_=ARRAY(IDENTIFIER)))


async def pass_on_ownership(tx: Transaction, channel_ids: Sequence[UUID]) -> None:
    """Gives every one of these channels that has active members and no active owner to its oldest admin, else its
    oldest member, and tells it there in the former owner's name. The caller holds the channels' locks."""
    if not channel_ids:
        return
    inherited = await tx.session.execute(_INHERIT, {"account_id": tx.account_id, "channel_ids": list(channel_ids)})
    told = [
        Told(
            row.channel_id, row.former_id, SystemEvent.ROLE_CHANGED, [row.agent_id], row.before, MemberRole.OWNER.value
        )
        for row in inherited
    ]
    for each in told:
        tx.announce(ChangeKind.MEMBER_CHANGED, each.channel_id, each.agent_ids[0])
    await tell(tx, *told)
