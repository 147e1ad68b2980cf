"""Who is in a channel: joining, leaving, being added, removed, promoted and demoted."""

from collections.abc import Sequence
from uuid import UUID

from chat.access import Seat
from chat.entering import enter_channel, member_of
from chat.membership import (
    add_members,
    check_number_of_agents,
    check_owner_remains,
    check_owner_remains_for_others,
    known_agents,
    remove_member,
)
from chat.operation import Transaction, operation
from chat.policies import (
    check_edit,
    check_grant,
    check_join,
    check_leave,
    check_manage_members,
    check_touch_member,
)
from chat.posting import Told, tell
from chat.succession import pass_on_ownership
from models import Member
from models.enums import ChangeKind, MemberRole, SystemEvent


@operation
async def join_channel(tx: Transaction, channel_id: UUID) -> None:
    """Seats the viewer in a public channel; a member stays what they are. Raises Refused."""
    seat = await enter_channel(tx, channel_id)
    if seat.member is not None:
        return
    check_join(seat)
    await add_members(tx, channel_id, [seat.agent.agent_id])
    await tell(tx, Told(channel_id, seat.agent.agent_id, SystemEvent.JOINED))
    await pass_on_ownership(tx, [channel_id])


@operation
async def leave_channel(tx: Transaction, channel_id: UUID) -> None:
    """Gives up the viewer's seat; raises Refused LAST_OWNER for the last owner while others who are active remain."""
    seat = await enter_channel(tx, channel_id)
    check_leave(seat)
    assert seat.member is not None
    await check_owner_remains_for_others(tx, seat.channel, seat.member)
    await tell(tx, Told(channel_id, seat.agent.agent_id, SystemEvent.LEFT))
    await remove_member(tx, seat.member)


@operation
async def add_channel_members(tx: Transaction, channel_id: UUID, agent_ids: Sequence[str]) -> None:
    """Seats the agents; who is a member already stays as they are. Raises Refused.

    An administrator who adds himself to a channel that he only managed so far is told in it by a word of its own.
    """
    check_number_of_agents(agent_ids, "agentIds")
    seat = await enter_channel(tx, channel_id)
    check_manage_members(seat)
    added = await add_members(tx, channel_id, await known_agents(tx, agent_ids, "agentIds"))
    await _tell_added(tx, seat, added)
    await pass_on_ownership(tx, [channel_id])


@operation
async def remove_channel_member(tx: Transaction, channel_id: UUID, agent_id: str) -> None:
    """Takes the agent's seat away. Raises Refused."""
    seat = await enter_channel(tx, channel_id)
    check_manage_members(seat)
    target = await member_of(tx, channel_id, agent_id)
    check_touch_member(seat, target)
    await check_owner_remains_for_others(tx, seat.channel, target)
    await tell(tx, Told(channel_id, seat.agent.agent_id, SystemEvent.REMOVED, [agent_id]))
    await remove_member(tx, target)


@operation
async def change_member_role(tx: Transaction, channel_id: UUID, agent_id: str, role: MemberRole) -> Member:
    """Returns the member in the new role; a deactivated one is only ever demoted to a plain member. Raises Refused."""
    seat = await enter_channel(tx, channel_id)
    check_edit(seat)
    target = await member_of(tx, channel_id, agent_id)
    check_touch_member(seat, target)
    check_grant(seat, role)
    before = target.role
    if role == before:
        return target
    if role != MemberRole.MEMBER:
        await known_agents(tx, [agent_id], "agentId")
    await check_owner_remains(tx, seat.channel, target)
    target.role = role
    tx.announce(ChangeKind.MEMBER_CHANGED, channel_id, agent_id)
    told = Told(channel_id, seat.agent.agent_id, SystemEvent.ROLE_CHANGED, [agent_id], before.value, role.value)
    await tell(tx, told)
    return target


async def _tell_added(tx: Transaction, seat: Seat, added: list[str]) -> None:
    actor_id, channel_id = seat.agent.agent_id, seat.channel.channel_id
    if actor_id in added:
        await tell(tx, Told(channel_id, actor_id, SystemEvent.ADMINISTRATOR_JOINED))
    if others := [agent_id for agent_id in added if agent_id != actor_id]:
        await tell(tx, Told(channel_id, actor_id, SystemEvent.ADDED, others))
