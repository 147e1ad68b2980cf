"""The viewer, which is the first thing that a request reads."""

from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncSession

from chat.viewer import Viewer, select_channel_managers, select_viewers


@dataclass(frozen=True)
class ViewerSnapshot:
    """An agent, active or not, and the account's last change at the time of reading."""

    viewer: Viewer
    change: int


async def load_viewers(session: AsyncSession, account_id: str, agent_ids: list[str]) -> dict[str, ViewerSnapshot]:
    rows = await session.execute(select_viewers(account_id, agent_ids))
    return {agent.agent_id: ViewerSnapshot(Viewer(agent, account), change) for agent, account, change in rows}


async def load_channel_managers(session: AsyncSession, account_id: str, agent_ids: list[str]) -> dict[str, bool]:
    return dict.fromkeys(await session.scalars(select_channel_managers(account_id, agent_ids)), True)
