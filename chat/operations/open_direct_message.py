"""The one channel between two agents."""

from uuid import UUID

from sqlalchemy import ColumnElement, select
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col
from uuid_utils.compat import uuid7

from chat.entering import enter, unknown
from chat.errors import RefusalCode, Refused
from chat.membership import add_members, known_agents
from chat.naming import is_storable
from chat.operation import Transaction, operation
from chat.viewer import Viewer
from models import Channel
from models.enums import ChangeKind, ChannelKind


@operation
async def open_direct_message(tx: Transaction, agent_id: str) -> UUID:
    """Returns the id of the pair's channel, made when they first need it. Raises Refused INVALID, NOT_FOUND.

    With a deactivated agent only a channel that is already there is found: it stays readable.
    """
    viewer = await enter(tx)
    if agent_id == viewer.agent_id:
        raise Refused(RefusalCode.INVALID, "A direct message is between two agents.", "agentId")
    if not is_storable(agent_id):
        raise unknown("agent", "agentId")
    pair = pair_of(viewer, agent_id)
    existing = await tx.session.scalar(select(col(Channel.channel_id)).where(*pair))
    if existing is not None:
        return existing
    await known_agents(tx, [agent_id], "agentId")
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
    found: UUID = (await tx.session.scalars(select(col(Channel.channel_id)).where(*pair))).one()
    return found


def pair_of(viewer: Viewer, agent_id: str) -> tuple[ColumnElement[bool], ...]:
    """The conditions that find the channel of the two, whoever asks."""
    return (
        col(Channel.account_id) == viewer.account_id,
        col(Channel.direct_low) == min(viewer.agent_id, agent_id),
        col(Channel.direct_high) == max(viewer.agent_id, agent_id),
    )
