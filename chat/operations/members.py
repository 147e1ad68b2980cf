"""The members of a channel: joining and leaving, adding and removing, and changing roles."""

from collections.abc import Sequence
from uuid import UUID

from chat.access import Seat
from chat.audit import AuditRecord
from chat.locking import lock_channel, require_member
from chat.membership import (
    add_members,
    check_number_of_agents,
    check_owner_remains,
    check_owner_remains_for_others,
    remove_member,
    require_active_agents,
)
from chat.operation import Transaction, operation
from chat.ownership import assign_missing_owners
from chat.policies import (
    check_change_member,
    check_edit,
    check_grant_role,
    check_join,
    check_leave,
    check_manage_members,
)
from chat.posting import SystemMessage, post_system_messages
from models.enums import AuditAction, ChangeKind, MemberRole, SystemEvent
from models.rows import MemberRow
from models.statements import sql

_SET_ROLE = sql(
    """
    UPDATE members SET role = :role
     WHERE account_id = :account_id AND channel_id = :channel_id AND agent_id = :agent_id
    """
)


@operation
async def join_channel(tx: Transaction, channel_id: UUID) -> None:
    """Makes the viewer a member of a public channel, unless they are one already. Raises Refused."""
    seat = await lock_channel(tx, channel_id)
    if seat.member is not None:
        return
    check_join(seat)
    await add_members(tx, channel_id, [seat.agent.agent_id])
    await post_system_messages(tx, SystemMessage(channel_id, seat.agent.agent_id, SystemEvent.JOINED))
    await assign_missing_owners(tx, [channel_id])


@operation
async def leave_channel(tx: Transaction, channel_id: UUID) -> None:
    """Ends the viewer's membership. Raises Refused: LAST_OWNER for the last owner while other active members remain."""
    seat = await lock_channel(tx, channel_id)
    check_leave(seat)
    assert seat.member is not None
    await check_owner_remains_for_others(tx, seat.channel, seat.member)
    await post_system_messages(tx, SystemMessage(channel_id, seat.agent.agent_id, SystemEvent.LEFT))
    await remove_member(tx, seat.member)


@operation
async def add_channel_members(tx: Transaction, channel_id: UUID, agent_ids: Sequence[str]) -> None:
    """Adds the agents who are not members yet. If an administrator adds themselves, a separate system message reports
    it, because that lets them read the channel. Raises Refused."""
    check_number_of_agents(agent_ids, "agentIds")
    seat = await lock_channel(tx, channel_id)
    check_manage_members(seat)
    added = await add_members(tx, channel_id, await require_active_agents(tx, agent_ids, "agentIds"))
    await _report_added(tx, seat, added)
    await assign_missing_owners(tx, [channel_id])


@operation
async def remove_channel_member(tx: Transaction, channel_id: UUID, agent_id: str) -> None:
    """Removes the agent from the channel. Raises Refused."""
    seat = await lock_channel(tx, channel_id)
    check_manage_members(seat)
    target = await require_member(tx, channel_id, agent_id)
    check_change_member(seat, target)
    await check_owner_remains_for_others(tx, seat.channel, target)
    await post_system_messages(tx, SystemMessage(channel_id, seat.agent.agent_id, SystemEvent.REMOVED, [agent_id]))
    await remove_member(tx, target)


@operation
async def change_member_role(tx: Transaction, channel_id: UUID, agent_id: str, role: MemberRole) -> MemberRow:
    """Returns the member in the new role. A deactivated agent can only be demoted to MEMBER. Raises Refused."""
    seat = await lock_channel(tx, channel_id)
    check_edit(seat)
    target = await require_member(tx, channel_id, agent_id)
    check_change_member(seat, target)
    check_grant_role(seat, role)
    before = target.role
    if role == before:
        return target
    if role != MemberRole.MEMBER:
        await require_active_agents(tx, [agent_id], "agentId")
    await check_owner_remains(tx, seat.channel, target)
    await tx.fetch(_SET_ROLE, channel_id=channel_id, agent_id=agent_id, role=role)
    tx.announce(ChangeKind.MEMBER_CHANGED, channel_id, [agent_id])
    tx.audit(
        AuditRecord(
            AuditAction.MEMBER_ROLE_CHANGED, tx.actor_id, channel_id, agent_id, before=before.value, after=role.value
        )
    )
    await post_system_messages(
        tx,
        SystemMessage(channel_id, seat.agent.agent_id, SystemEvent.ROLE_CHANGED, [agent_id], before.value, role.value),
    )
    return target._replace(role=role)


async def _report_added(tx: Transaction, seat: Seat, added: list[str]) -> None:
    actor_id, channel_id = seat.agent.agent_id, seat.channel.channel_id
    if actor_id in added:
        await post_system_messages(tx, SystemMessage(channel_id, actor_id, SystemEvent.ADMINISTRATOR_JOINED))
    if others := [agent_id for agent_id in added if agent_id != actor_id]:
        await post_system_messages(tx, SystemMessage(channel_id, actor_id, SystemEvent.ADDED, others))
