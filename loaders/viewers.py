"""The viewer, which is the first thing that a request reads."""

from dataclasses import dataclass

from chat.viewer import CHANNEL_MANAGERS, Viewer, viewers
from models.database import Connection
from models.statements import Statement

_VIEWERS = Statement(viewers())


@dataclass(frozen=True)
class ViewerSnapshot:
    """An agent, active or not, and the account's last change at the time of reading."""

    viewer: Viewer
    change: int


async def load_viewers(connection: Connection, account_id: str, agent_ids: list[str]) -> dict[str, ViewerSnapshot]:
    records = await _VIEWERS.fetch(connection, account_id=account_id, agent_ids=agent_ids)
    snapshots = [ViewerSnapshot(Viewer.of(record), record[-1]) for record in records]
    return {snapshot.viewer.agent_id: snapshot for snapshot in snapshots}


async def load_channel_managers(connection: Connection, account_id: str, agent_ids: list[str]) -> dict[str, bool]:
    records = await CHANNEL_MANAGERS.fetch(connection, account_id=account_id, agent_ids=agent_ids)
    return {agent_id: True for (agent_id,) in records}
