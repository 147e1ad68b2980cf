"""The viewer, which is the first thing that a request reads."""

from typing import NamedTuple

from chat.viewer import CHANNEL_MANAGERS, Viewer, viewers
from models.database import Connection
from models.statements import Statement

_VIEWERS = Statement(viewers())


class ViewerSnapshot(NamedTuple):
    """An agent, active or not, and the account's last change at the time of reading."""

    viewer: Viewer
    change: int


async def load_viewers(connection: Connection, account_id: str, agent_ids: list[str]) -> dict[str, ViewerSnapshot]:
    records = await _VIEWERS.fetch(connection, account_id=account_id, agent_ids=agent_ids)
    viewers_found = Viewer.of_all(records)
    return {
        viewer.agent_id: ViewerSnapshot(viewer, record[-1])
        for viewer, record in zip(viewers_found, records, strict=True)
    }


async def load_channel_managers(connection: Connection, account_id: str, agent_ids: list[str]) -> dict[str, bool]:
    records = await CHANNEL_MANAGERS.fetch(connection, account_id=account_id, agent_ids=agent_ids)
    return {agent_id: True for (agent_id,) in records}
