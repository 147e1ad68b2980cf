"""The directory sync: the platform sends an account's agents and teams.

It is an idempotent upsert: sending the same data again changes nothing, and agents and teams that are not sent remain
unchanged. The number of statements does not depend on the number of agents. An advisory lock serializes the
calls of each account, because the channels must be locked before the agents, as in every other write.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import ARRAY, Boolean, Text, select
from sqlmodel import col

from chat.directory import Directory, DirectoryAgent, DirectoryTeam, check_directory
from chat.errors import DenialCode, Denied, RefusalCode, Refused
from chat.identity import DirectoryToken
from chat.membership import join_announcements
from chat.naming import fold
from chat.operation import Transaction, operation
from chat.ownership import assign_missing_owners, lock_affected_channels
from models import Agent
from models.columns import ACCOUNT_ID, TEXT_ARRAY
from models.enums import ChangeKind, SendKey
from models.rows import AgentRow, columns, to_row
from models.statements import Statement, sql

_ONE_AT_A_TIME = sql("SELECT pg_advisory_xact_lock(hashtextextended(:account_id, 0))")

_AGENTS = Statement(select(*columns(AgentRow)).where(col(Agent.account_id) == ACCOUNT_ID))

_WRITE_ACCOUNT = sql(
    """
    INSERT INTO accounts (account_id, name, chat_enabled, enabled_roles, who_creates_private, who_creates_announcement,
                          card_preview, email_contents, created_at)
    VALUES (:account_id, :name, false, '{AGENT,ADMINISTRATOR}', 'CHANNEL_MANAGERS', 'CHANNEL_MANAGERS',
            'WITH_ACCESS', true, :now)
    ON CONFLICT (account_id) DO UPDATE SET name = excluded.name WHERE accounts.name <> excluded.name
    """
)

_WRITE_CLOCK = sql("INSERT INTO account_clocks (account_id, change) VALUES (:account_id, 0) ON CONFLICT DO NOTHING")

_WRITE_AGENTS = sql(
    """
    INSERT INTO agents (account_id, agent_id, name, sort_name, email, avatar_url, role, active, send_key)
    SELECT :account_id, sent.*, :send_key
      FROM unnest(:agent_ids, :names, :sort_names, :emails, :avatar_urls, :roles, :actives) AS sent
    ON CONFLICT (account_id, agent_id) DO UPDATE
       SET name = excluded.name, sort_name = excluded.sort_name, email = excluded.email,
           avatar_url = excluded.avatar_url, role = excluded.role, active = excluded.active
     WHERE (agents.name, agents.sort_name, agents.email, agents.avatar_url, agents.role, agents.active)
           IS DISTINCT FROM
           (excluded.name, excluded.sort_name, excluded.email, excluded.avatar_url, excluded.role, excluded.active)
    """,
    account_id=Text,
    agent_ids=TEXT_ARRAY,
    names=TEXT_ARRAY,
    sort_names=TEXT_ARRAY,
    emails=TEXT_ARRAY,
    avatar_urls=TEXT_ARRAY,
    roles=TEXT_ARRAY,
    actives=ARRAY(Boolean),
)

_WRITE_TEAMS = sql(
    """
    INSERT INTO teams (account_id, team_id, name)
    SELECT :account_id, sent.* FROM unnest(:team_ids, :names) AS sent
    ON CONFLICT (account_id, team_id) DO UPDATE SET name = excluded.name
    """,
    account_id=Text,
    team_ids=TEXT_ARRAY,
    names=TEXT_ARRAY,
)

_DELETE_TEAM_AGENTS = sql("DELETE FROM team_agents WHERE account_id = :account_id AND team_id = ANY (:team_ids)")

_INSERT_TEAM_AGENTS = sql(
    """
    INSERT INTO team_agents (account_id, team_id, agent_id)
    SELECT :account_id, sent.* FROM unnest(:team_ids, :agent_ids) AS sent
    """,
    account_id=Text,
    team_ids=TEXT_ARRAY,
    agent_ids=TEXT_ARRAY,
)

_COUNTS = sql(
    """
    SELECT (SELECT count(*) FROM agents WHERE account_id = :account_id),
           (SELECT count(*) FROM teams WHERE account_id = :account_id)
    """
)


@dataclass(frozen=True)
class DirectoryCounts:
    """How many agents and teams the account has after the sync."""

    agents: int
    teams: int


@operation
async def sync_directory(tx: Transaction, directory: Directory) -> DirectoryCounts:
    """Returns the counts after the sync. Raises Denied without a service token, Refused for an invalid directory."""
    check_directory_service(tx)
    check_directory(directory)
    await tx.fetch(_ONE_AT_A_TIME)
    known = await _known_agents(tx)
    activated = [agent.agent_id for agent in directory.agents if agent.active and not _was_active(known, agent)]
    deactivated = [agent.agent_id for agent in directory.agents if not agent.active and _was_active(known, agent)]
    _check_team_agents(directory, known)

    affected = await lock_affected_channels(tx, activated, deactivated)
    await _write_account(tx, directory.account_name)
    await _write_agents(tx, directory.agents)
    await _write_teams(tx, directory.teams)
    _announce_agents(tx, directory.agents, known)
    await join_announcements(tx, activated)
    await assign_missing_owners(tx, affected)
    return await _counts(tx)


def check_directory_service(tx: Transaction) -> None:
    if not isinstance(tx.identity, DirectoryToken):
        raise Denied(DenialCode.FORBIDDEN, "Only a service token with the scope `directory` can do this.")


def _check_team_agents(directory: Directory, known: dict[str, AgentRow]) -> None:
    existing = known.keys() | {agent.agent_id for agent in directory.agents}
    for place, team in enumerate(directory.teams):
        if unknown := set(team.agent_ids) - existing:
            message = f"The directory has no agent {', '.join(sorted(unknown)[:5])}."
            raise Refused(RefusalCode.INVALID, message, "teams", str(place), "agentIds")


async def _known_agents(tx: Transaction) -> dict[str, AgentRow]:
    agents = [to_row(AgentRow, row) for row in await tx.fetch(_AGENTS)]
    return {agent.agent_id: agent for agent in agents}


def _was_active(known: dict[str, AgentRow], agent: DirectoryAgent) -> bool:
    before = known.get(agent.agent_id)
    return before is not None and before.active


def _announce_agents(tx: Transaction, agents: Sequence[DirectoryAgent], known: dict[str, AgentRow]) -> None:
    changed: dict[ChangeKind, list[str]] = defaultdict(list)
    for agent in agents:
        before = known.get(agent.agent_id)
        kind = _kind_of_change(before, agent) if before is not None else None
        if kind is not None:
            changed[kind].append(agent.agent_id)
    for kind, agent_ids in changed.items():
        tx.announce(kind, agent_ids=agent_ids)


def _kind_of_change(before: AgentRow, agent: DirectoryAgent) -> ChangeKind | None:
    if before.active != agent.active:
        return ChangeKind.AGENT_REACTIVATED if agent.active else ChangeKind.AGENT_DEACTIVATED
    if (before.name, before.avatar_url, before.role) != (agent.name, agent.avatar_url, agent.role):
        return ChangeKind.AGENT_CHANGED
    return None


async def _write_account(tx: Transaction, name: str) -> None:
    """A new account starts with the chat disabled."""
    await tx.fetch(_WRITE_ACCOUNT, name=name, now=tx.now)
    await tx.fetch(_WRITE_CLOCK)


async def _write_agents(tx: Transaction, agents: Sequence[DirectoryAgent]) -> None:
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
    )


async def _write_teams(tx: Transaction, teams: Sequence[DirectoryTeam]) -> None:
    """Replaces the agents of each team with those that are sent."""
    if not teams:
        return
    team_ids = [team.team_id for team in teams]
    await tx.fetch(_WRITE_TEAMS, team_ids=team_ids, names=[team.name for team in teams])
    await tx.fetch(_DELETE_TEAM_AGENTS, team_ids=team_ids)
    team_agents = [(team.team_id, agent_id) for team in teams for agent_id in dict.fromkeys(team.agent_ids)]
    await tx.fetch(
        _INSERT_TEAM_AGENTS,
        team_ids=[team_id for team_id, _ in team_agents],
        agent_ids=[agent_id for _, agent_id in team_agents],
    )


async def _counts(tx: Transaction) -> DirectoryCounts:
    (row,) = await tx.fetch(_COUNTS)
    return DirectoryCounts(*row)
