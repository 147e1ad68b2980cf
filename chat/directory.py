"""The directory that the platform sends: its limits and the checks of its data."""

from collections.abc import Sequence
from dataclasses import dataclass

from chat.errors import RefusalCode, Refused
from chat.identity import is_identifier
from chat.naming import check_visible, checked_text
from models.enums import AgentRole

AGENTS_LIMIT = 10_000
TEAMS_LIMIT = 1_000
NAME_LENGTH = 200
EMAIL_LENGTH = 320
URL_LENGTH = 2_000


@dataclass(frozen=True)
class DirectoryAgent:
    """An agent as the platform sends it, with the name as `directory_name` returns it."""

    agent_id: str
    name: str
    email: str | None
    avatar_url: str | None
    role: AgentRole
    active: bool


@dataclass(frozen=True)
class DirectoryTeam:
    """A team as the platform sends it, with the name as `directory_name` returns it."""

    team_id: str
    name: str
    agent_ids: Sequence[str]


@dataclass(frozen=True)
class Directory:
    account_name: str
    agents: Sequence[DirectoryAgent]
    teams: Sequence[DirectoryTeam]


def check_directory(directory: Directory) -> None:
    """Raises Refused: TOO_LARGE for too many agents or teams, INVALID for data that cannot be stored."""
    _check_name_length(directory.account_name, "account", "name")
    check_visible(directory.account_name, "account", "name")
    _check_ids([agent.agent_id for agent in directory.agents], AGENTS_LIMIT, "agents")
    _check_ids([team.team_id for team in directory.teams], TEAMS_LIMIT, "teams")
    for place, agent in enumerate(directory.agents):
        _check_name_length(agent.name, "agents", str(place), "name")
        _check_email(agent.email, "agents", str(place), "email")
        _check_address(agent.avatar_url, "agents", str(place), "avatarUrl")
    for place, team in enumerate(directory.teams):
        _check_name_length(team.name, "teams", str(place), "name")


def _check_name_length(name: str, *path: str) -> None:
    if not 1 <= len(name) <= NAME_LENGTH:
        raise Refused(RefusalCode.INVALID, f"A name must have 1 to {NAME_LENGTH} characters.", *path)


def _check_email(email: str | None, *path: str) -> None:
    if len(checked_text(email or "", *path)) > EMAIL_LENGTH:
        raise Refused(RefusalCode.INVALID, f"An e-mail address can have at most {EMAIL_LENGTH} characters.", *path)


def _check_address(url: str | None, *path: str) -> None:
    """Accepts only web addresses, because the clients of all agents fetch the URL."""
    if url is None:
        return
    if len(checked_text(url, *path)) > URL_LENGTH or not url.startswith(("https://", "http://")):
        message = f"An avatar URL must begin with https:// or http:// and have at most {URL_LENGTH:,} characters."
        raise Refused(RefusalCode.INVALID, message, *path)


def _check_ids(ids: Sequence[str], limit: int, path: str) -> None:
    if len(ids) > limit:
        raise Refused(RefusalCode.TOO_LARGE, f"At most {limit:,} {path} can be sent in one call.", path)
    for place, given in enumerate(ids):
        if not is_identifier(given):
            message = "An id must have 1 to 64 printable characters, without spaces at the start or end."
            raise Refused(RefusalCode.INVALID, message, path, str(place), "id")
    if len(set(ids)) < len(ids):
        raise Refused(RefusalCode.INVALID, "The ids must be distinct.", path)
