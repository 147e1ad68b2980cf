"""Agents. Every agent can see all agents of the account, so the keys are plain agent ids."""

from typing import Any

from sqlalchemy import Select, bindparam, func, literal_column, or_, select, tuple_
from sqlmodel import col

from chat.identity import IMPORTED_PREFIX
from chat.naming import like_pattern
from loaders.pages import Page, PageRequest, to_page
from models import Agent, Presence
from models.columns import ACCOUNT_ID, is_one_of
from models.database import Connection
from models.enums import PresenceStatus
from models.rows import AgentRow, StatusRow, columns, to_row
from models.statements import Conditions, FilteredStatement, Statement

AgentListKey = tuple[str | None, PageRequest]
"""What the agents' names contain, and the page to read."""

_AGENTS = Statement(
    select(*columns(AgentRow)).where(col(Agent.account_id) == ACCOUNT_ID, is_one_of(col(Agent.agent_id), "agent_ids"))
)

_PRESENCES = Statement(
    select(col(Presence.agent_id), col(Presence.status)).where(
        col(Presence.account_id) == ACCOUNT_ID,
        is_one_of(col(Presence.agent_id), "agent_ids"),
        col(Presence.connected_until) > func.now(),
    )
)


_STATUSES = Statement(
    select(*columns(StatusRow)).where(
        col(Presence.account_id) == ACCOUNT_ID,
        is_one_of(col(Presence.agent_id), "agent_ids"),
        or_(col(Presence.status_emoji).is_not(None), col(Presence.status_text).is_not(None)),
        or_(col(Presence.status_until).is_(None), col(Presence.status_until) > func.now()),
    )
)


_IS_IN_DIRECTORY = ~func.starts_with(col(Agent.agent_id), literal_column(f"'{IMPORTED_PREFIX}'"))
"""Authors of imported messages who are not in the directory appear only in histories."""


def _select_list(conditions: Conditions) -> Select[*tuple[Any, ...]]:
    return (
        select(*columns(AgentRow))
        .where(col(Agent.account_id) == ACCOUNT_ID, _IS_IN_DIRECTORY, *conditions)
        .order_by(col(Agent.sort_name), col(Agent.agent_id))
        .limit(bindparam("limit"))
    )


_LIST = FilteredStatement(
    _select_list,
    col(Agent.sort_name).like(bindparam("pattern"), escape="\\"),
    tuple_(col(Agent.sort_name), col(Agent.agent_id)) > tuple_(bindparam("after_name"), bindparam("after_id")),
)


async def load_agents(connection: Connection, account_id: str, agent_ids: list[str]) -> dict[str, AgentRow]:
    records = await _AGENTS.fetch(connection, account_id=account_id, agent_ids=agent_ids)
    agents = [to_row(AgentRow, record) for record in records]
    return {agent.agent_id: agent for agent in agents}


async def load_agent_lists(
    connection: Connection, account_id: str, keys: list[AgentListKey]
) -> dict[AgentListKey, Page[AgentRow]]:
    """Returns pages of the directory's agents ordered by name, including deactivated ones, who appear in histories."""
    return {(query, page): await _page(connection, account_id, query, page) for query, page in keys}


async def _page(connection: Connection, account_id: str, query: str | None, request: PageRequest) -> Page[AgentRow]:
    after_name, after_id = request.after or (None, None)
    records = await _LIST.fetch(
        connection,
        account_id=account_id,
        pattern=like_pattern(query) if query else None,
        after_name=after_name,
        after_id=after_id,
        limit=request.size + 1,
    )
    agents = [to_row(AgentRow, record) for record in records]
    return to_page(agents, lambda index: (agents[index].sort_name, agents[index].agent_id), request)


async def load_presences(connection: Connection, account_id: str, agent_ids: list[str]) -> dict[str, PresenceStatus]:
    """Returns the presence of the agents who have an open socket."""
    records = await _PRESENCES.fetch(connection, account_id=account_id, agent_ids=agent_ids)
    return {agent_id: PresenceStatus(status) for agent_id, status in records}


async def load_statuses(connection: Connection, account_id: str, agent_ids: list[str]) -> dict[str, StatusRow]:
    """Returns the statuses that are not over, also of agents who are offline."""
    records = await _STATUSES.fetch(connection, account_id=account_id, agent_ids=agent_ids)
    statuses = [to_row(StatusRow, record) for record in records]
    return {status.agent_id: status for status in statuses}
