"""The one direct message between two agents."""

from uuid import UUID

from sqlalchemy import Select, select
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col
from uuid_utils.compat import uuid7

from chat.errors import RefusalCode, Refused
from chat.locking import not_found, require_viewer
from chat.membership import add_members, require_active_agents
from chat.naming import is_storable
from chat.operation import Transaction, operation
from chat.viewer import Viewer, require_agent
from models import Channel
from models.enums import ChangeKind, ChannelKind


@operation
async def open_direct_message(tx: Transaction, agent_id: str) -> UUID:
    """Returns the id of the direct message with the agent, and creates it if it does not exist. The agent
    may be deactivated if the direct message exists already. Raises Refused INVALID, NOT_FOUND."""
    viewer = await require_viewer(tx)
    found = await find_direct_channel(tx, agent_id, "agentId")
    return found or await open_direct_channel(tx, viewer, agent_id, "agentId")


async def find_direct_channel(tx: Transaction, agent_id: str, *path: str) -> UUID | None:
    """Returns the id of the viewer's direct message with the agent; None if there is none. Locks nothing. Raises
    Refused INVALID for the viewer themselves, NOT_FOUND for an impossible id."""
    viewer_id = require_agent(tx.identity).agent_id
    if agent_id == viewer_id:
        raise Refused(RefusalCode.INVALID, "You cannot open a direct message with yourself.", *path)
    if not is_storable(agent_id):
        raise not_found("agent", *path)
    found: UUID | None = await tx.session.scalar(_channel_of_pair(tx.account_id, viewer_id, agent_id))
    return found


async def open_direct_channel(tx: Transaction, viewer: Viewer, agent_id: str, *path: str) -> UUID:
    """Creates the direct message and returns its id. If another transaction created it meanwhile, returns that
    id. Raises Refused NOT_FOUND unless the agent is active."""
    await require_active_agents(tx, [agent_id], *path)
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
    found: UUID = (await tx.session.scalars(_channel_of_pair(tx.account_id, viewer.agent_id, agent_id))).one()
    return found


def _channel_of_pair(account_id: str, one: str, other: str) -> Select[UUID]:
    return select(col(Channel.channel_id)).where(
        col(Channel.account_id) == account_id,
        col(Channel.direct_low) == min(one, other),
        col(Channel.direct_high) == max(one, other),
    )
