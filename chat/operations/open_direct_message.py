"""The one direct message between two agents."""

from uuid import UUID

from uuid_utils.compat import uuid7

from chat.errors import RefusalCode, Refused
from chat.locking import not_found, require_viewer
from chat.membership import add_members, require_active_agents
from chat.naming import is_storable
from chat.operation import Transaction, operation
from chat.viewer import Viewer, require_agent
from models.enums import ChangeKind
from models.statements import sql

_FIND = sql(
    "SELECT channel_id FROM channels WHERE account_id = :account_id AND direct_low = :low AND direct_high = :high"
)

_INSERT = sql(
    """
    INSERT INTO channels (
        account_id, channel_id, kind, sort_name, direct_low, direct_high, created_by, created_at, last_seq, post_count,
        member_count, last_activity_at
    )
    VALUES (:account_id, :channel_id, 'DIRECT', '', :low, :high, :created_by, :now, 0, 0, 0, :now)
    ON CONFLICT DO NOTHING
    RETURNING channel_id
    """
)


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
    return await _find(tx, viewer_id, agent_id)


async def open_direct_channel(tx: Transaction, viewer: Viewer, agent_id: str, *path: str) -> UUID:
    """Creates the direct message and returns its id. If another transaction created it meanwhile, returns that
    id. Raises Refused NOT_FOUND unless the agent is active."""
    await require_active_agents(tx, [agent_id], *path)
    low, high = sorted([viewer.agent_id, agent_id])
    inserted = await tx.fetch(_INSERT, channel_id=uuid7(), low=low, high=high, created_by=viewer.agent_id, now=tx.now)
    for (channel_id,) in inserted:
        tx.direct_channel_ids.add(channel_id)
        tx.announce(ChangeKind.CHANNEL_CREATED, channel_id)
        await add_members(tx, channel_id, [viewer.agent_id, agent_id])
    found = await _find(tx, viewer.agent_id, agent_id)
    assert found is not None
    return found


async def _find(tx: Transaction, one: str, other: str) -> UUID | None:
    low, high = sorted([one, other])
    found: UUID | None = await tx.fetch_value(_FIND, low=low, high=high)
    return found
