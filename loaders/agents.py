"""Agents. Every agent can see all agents of the account, so the keys are plain agent ids."""

from sqlalchemy import func, select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from chat.naming import like_pattern
from loaders.pages import Page, PageRequest, to_page
from models import Agent, Presence
from models.columns import is_one_of
from models.enums import PresenceStatus

AgentListKey = tuple[str | None, PageRequest]
"""What the agents' names contain, and the page to read."""


async def load_agents(session: AsyncSession, account_id: str, agent_ids: list[str]) -> dict[str, Agent]:
    rows = await session.scalars(
        select(Agent).where(col(Agent.account_id) == account_id, is_one_of(col(Agent.agent_id), agent_ids))
    )
    return {agent.agent_id: agent for agent in rows}


async def load_agent_lists(
    session: AsyncSession, account_id: str, keys: list[AgentListKey]
) -> dict[AgentListKey, Page[Agent]]:
    """Returns pages of the account's agents ordered by name, including deactivated ones, who appear in histories."""
    return {(query, page): await _page(session, account_id, query, page) for query, page in keys}


async def _page(session: AsyncSession, account_id: str, query: str | None, asked: PageRequest) -> Page[Agent]:
    statement = select(Agent).where(col(Agent.account_id) == account_id)
    if query:
        statement = statement.where(col(Agent.sort_name).like(like_pattern(query), escape="\\"))
    if asked.after:
        statement = statement.where(tuple_(col(Agent.sort_name), col(Agent.agent_id)) > tuple_(*asked.after))
    statement = statement.order_by(col(Agent.sort_name), col(Agent.agent_id)).limit(asked.size + 1)
    agents = (await session.scalars(statement)).all()
    return to_page(agents, [(agent.sort_name, agent.agent_id) for agent in agents], asked)


async def load_presences(session: AsyncSession, account_id: str, agent_ids: list[str]) -> dict[str, PresenceStatus]:
    """Returns the presence of the agents who have an open socket."""
    rows = await session.execute(
        select(col(Presence.agent_id), col(Presence.status)).where(
            col(Presence.account_id) == account_id,
            is_one_of(col(Presence.agent_id), agent_ids),
            col(Presence.connected_until) > func.now(),
        )
    )
    return {row.agent_id: row.status for row in rows}
