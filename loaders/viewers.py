"""Who is asking: the first thing that a request reads."""

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from chat.viewer import Viewer, standings
from models import Member
from models.enums import MemberRole


@dataclass(frozen=True)
class Standing:
    """An agent of the account, active or not, and the last change of the account when this was read."""

    viewer: Viewer
    change: int


async def load_standings(session: AsyncSession, account_id: str, agent_ids: list[str]) -> dict[str, Standing]:
    rows = await session.execute(standings(account_id, agent_ids))
    return {agent.agent_id: Standing(Viewer(agent, account), change) for agent, account, change in rows}


async def load_channel_managers(session: AsyncSession, account_id: str, agent_ids: list[str]) -> dict[str, bool]:
    """Those of the agents who are an owner or admin of some channel."""
    rows = await session.scalars(
        select(col(Member.agent_id))
        .distinct()
        .where(
            col(Member.account_id) == account_id,
            col(Member.agent_id).in_(agent_ids),
            col(Member.role) != MemberRole.MEMBER,
        )
    )
    return dict.fromkeys(rows, True)
