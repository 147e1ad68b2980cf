"""Reading and writing the rows of the directory. Rows that do not change are not written, and not locked."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import ARRAY, Boolean, Text, func, literal_column, select
from sqlmodel import col

from chat.directory import DirectoryAgent, DirectoryTeam
from chat.identity import IMPORTED_PREFIX
from chat.naming import fold
from chat.operation import Transaction
from models import Agent
from models.columns import ACCOUNT_ID, TEXT_ARRAY
from models.enums import SendKey
from models.rows import AgentRow, columns, to_row
from models.statements import Statement, sql

# Authors of imported messages are not part of the directory.
_AGENTS = Statement(
    select(*columns(AgentRow)).where(
        col(Agent.account_id) == ACCOUNT_ID,
        ~func.starts_with(col(Agent.agent_id), literal_column(f"'{IMPORTED_PREFIX}'")),
    )
)

_INSERT_ACCOUNT = sql(
    """
    WITH clock AS (
        INSERT INTO account_clocks (account_id, change) VALUES (:account_id, 0) ON CONFLICT DO NOTHING
    )
    INSERT INTO accounts (account_id, name, chat_enabled, enabled_roles, who_creates_private, who_creates_announcement,
                          card_preview, email_contents, created_at)
    VALUES (:account_id, :name, false, '{AGENT,ADMINISTRATOR}', 'CHANNEL_MANAGERS', 'CHANNEL_MANAGERS',
            'WITH_ACCESS', true, :now)
    ON CONFLICT DO NOTHING
    """,
    account_id=Text,
)

_RENAME_ACCOUNT = sql("UPDATE accounts SET name = :name WHERE account_id = :account_id AND name <> :name")

# An upsert would lock the rows that do not change, too.
_WRITE_AGENTS = sql(
    """
    WITH sent AS (
        SELECT *
          FROM unnest(:agent_ids, :names, :sort_names, :emails, :avatar_urls, :roles, :actives, :locales)
               AS sent (agent_id, name, sort_name, email, avatar_url, role, active, locale)
    ), updated AS (
        UPDATE agents
           SET name = sent.name, sort_name = sent.sort_name, email = sent.email, avatar_url = sent.avatar_url,
               role = sent.role, active = sent.active, locale = sent.locale
          FROM sent
         WHERE account_id = :account_id AND agents.agent_id = sent.agent_id
           AND (agents.name, agents.sort_name, agents.email, agents.avatar_url, agents.role, agents.active,
                agents.locale)
               IS DISTINCT FROM
               (sent.name, sent.sort_name, sent.email, sent.avatar_url, sent.role, sent.active, sent.locale)
    )
    INSERT INTO agents (account_id, agent_id, name, sort_name, email, avatar_url, role, active, locale, send_key)
    SELECT :account_id, sent.*, :send_key FROM sent
    ON CONFLICT DO NOTHING
    """,
    account_id=Text,
    agent_ids=TEXT_ARRAY,
    names=TEXT_ARRAY,
    sort_names=TEXT_ARRAY,
    emails=TEXT_ARRAY,
    avatar_urls=TEXT_ARRAY,
    roles=TEXT_ARRAY,
    actives=ARRAY(Boolean),
    locales=TEXT_ARRAY,
)

_WRITE_TEAMS = sql(
    """
    WITH sent AS (
        SELECT * FROM unnest(:team_ids, :names) AS sent (team_id, name)
    ), updated AS (
        UPDATE teams SET name = sent.name
          FROM sent
         WHERE account_id = :account_id AND teams.team_id = sent.team_id AND teams.name <> sent.name
    )
    INSERT INTO teams (account_id, team_id, name) SELECT :account_id, sent.* FROM sent
    ON CONFLICT DO NOTHING
    """,
    account_id=Text,
    team_ids=TEXT_ARRAY,
    names=TEXT_ARRAY,
)

_WRITE_TEAM_AGENTS = sql(
    """
    WITH sent AS (
        SELECT * FROM unnest(:team_ids, :agent_ids) AS sent (team_id, agent_id)
    ), deleted AS (
        DELETE FROM team_agents
         WHERE account_id = :account_id AND team_id = ANY (:sent_ids)
           AND (team_id, agent_id) NOT IN (SELECT team_id, agent_id FROM sent)
    )
    INSERT INTO team_agents (account_id, team_id, agent_id) SELECT :account_id, sent.* FROM sent
    ON CONFLICT DO NOTHING
    """,
    account_id=Text,
    sent_ids=TEXT_ARRAY,
    team_ids=TEXT_ARRAY,
    agent_ids=TEXT_ARRAY,
)

_COUNTS = sql(
    f"""
    SELECT (SELECT count(*) FROM agents
             WHERE account_id = :account_id AND NOT starts_with(agent_id, '{IMPORTED_PREFIX}')),
           (SELECT count(*) FROM teams WHERE account_id = :account_id),
           EXISTS (SELECT FROM agents WHERE account_id = :account_id AND role = 'ADMINISTRATOR' AND active)
    """  # noqa: S608
)


@dataclass(frozen=True)
class DirectoryCounts:
    """How many agents and teams the account has after the sync, and whether one of them can administer the chat."""

    agents: int
    teams: int
    has_administrator: bool


async def read_agents(tx: Transaction) -> dict[str, AgentRow]:
    agents = [to_row(AgentRow, row) for row in await tx.fetch(_AGENTS)]
    return {agent.agent_id: agent for agent in agents}


async def write_account(tx: Transaction, name: str) -> None:
    """A new account starts with the chat disabled."""
    await tx.fetch(_INSERT_ACCOUNT, name=name, now=tx.now)
    await tx.fetch(_RENAME_ACCOUNT, name=name)


async def write_agents(tx: Transaction, agents: Sequence[DirectoryAgent]) -> None:
    await tx.fetch(
        _WRITE_AGENTS,
        send_key=SendKey.ENTER,
        agent_ids=[agent.agent_id for agent in agents],
        names=[agent.name for agent in agents],
        sort_names=[fold(agent.name) for agent in agents],
        emails=[agent.email for agent in agents],
        avatar_urls=[agent.avatar_url for agent in agents],
        roles=[agent.role for agent in agents],
        actives=[agent.active for agent in agents],
        locales=[agent.locale for agent in agents],
    )


async def write_teams(tx: Transaction, teams: Sequence[DirectoryTeam]) -> None:
    """Replaces the agents of each team with those that are sent."""
    if not teams:
        return
    team_ids = [team.team_id for team in teams]
    await tx.fetch(_WRITE_TEAMS, team_ids=team_ids, names=[team.name for team in teams])
    team_agents = [(team.team_id, agent_id) for team in teams for agent_id in dict.fromkeys(team.agent_ids)]
    await tx.fetch(
        _WRITE_TEAM_AGENTS,
        sent_ids=team_ids,
        team_ids=[team_id for team_id, _ in team_agents],
        agent_ids=[agent_id for _, agent_id in team_agents],
    )


async def read_counts(tx: Transaction) -> DirectoryCounts:
    (row,) = await tx.fetch(_COUNTS)
    return DirectoryCounts(*row)
