"""The one channel between two agents."""

from uuid import UUID

from sqlalchemy import Select, select
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col
from uuid_utils.compat import uuid7

from chat.entering import enter, unknown
from chat.errors import RefusalCode, Refused
from chat.membership import add_members, known_agents
from chat.naming import is_storable
from chat.operation import Transaction, operation
from chat.viewer import Viewer, agent_of
from models import Channel
from models.enums import ChangeKind, ChannelKind


@operation
async def open_direct_message(tx: Transaction, agent_id: str) -> UUID:
    """Returns the id of the pair's channel, made when they first need it. Raises Refused INVALID, NOT_FOUND.

    With a deactivated agent only a channel that is already there is found: it stays readable.
    """
    viewer = await enter(tx)
    return await find_pair(tx, agent_id, "agentId") or await open_pair(tx, viewer, agent_id, "agentId")


async def find_pair(tx: Transaction, agent_id: str, *path: str) -> UUID | None:
    """Returns the channel of the asker and the agent, None where they never talked; raises Refused INVALID, NOT_FOUND
    for whom nobody could talk with. Nothing is locked."""
    asker = agent_of(tx.identity)
    if agent_id == asker.agent_id:
        raise Refused(RefusalCode.INVALID, "A direct message is between two agents.", *path)
    if not is_storable(agent_id):
        raise unknown("agent", *path)
    found: UUID | None = await tx.session.scalar(_pair(tx.account_id, asker.agent_id, agent_id))
    return found


async def open_pair(tx: Transaction, viewer: Viewer, agent_id: str, *path: str) -> UUID:
    """Returns the channel of two who never talked, made here or by the other one meanwhile; raises Refused NOT_FOUND
    unless the agent is an active one."""
    await known_agents(tx, [agent_id], *path)
    channel_id = await tx.session.scalar(
        insert(Channel)
        .values(
            account_id=tx.account_id,
            channel_id=uuid7(),
            kind=ChannelKind.DIRECT,
            direct_low=min(viewer.agent_id, agent_id),
            direct_high=max(viewer.agent_id, agent_id),
            created_by=viewer.agent_id,
            created_at=tx.now,
            last_activity_at=tx.now,
        )
        .on_conflict_do_nothing()
        .returning(col(Channel.channel_id))
    )
    if channel_id is not None:
        tx.announce(ChangeKind.CHANNEL_CREATED, channel_id)
        await add_members(tx, channel_id, [viewer.agent_id, agent_id])
    found: UUID = (await tx.session.scalars(_pair(tx.account_id, viewer.agent_id, agent_id))).one()
    return found


def _pair(account_id: str, one: str, other: str) -> Select[UUID]:
    """The channel of the two, whoever asks."""
    return select(col(Channel.channel_id)).where(
        col(Channel.account_id) == account_id,
        col(Channel.direct_low) == min(one, other),
        col(Channel.direct_high) == max(one, other),
    )
