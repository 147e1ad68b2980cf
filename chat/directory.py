"""The directory that the platform sends: its limits, and what of it can be applied."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from typing import NamedTuple, TypeVar

from chat.errors import RefusalCode, Refused
from chat.identity import IMPORTED_PREFIX, is_identifier
from chat.naming import check_visible, checked_text
from models.enums import AgentRole
from models.rows import AgentRow

AGENTS_LIMIT = 10_000
TEAMS_LIMIT = 1_000
NAME_LENGTH = 200
EMAIL_LENGTH = 320
URL_LENGTH = 2_000
_LOCALE = re.compile("[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8}){0,4}")


@dataclass(frozen=True)
class DirectoryAgent:
    """An agent as the platform sends it, with the name as `directory_name` returns it."""

    agent_id: str
    name: str
    email: str | None
    avatar_url: str | None
    role: AgentRole
    active: bool
    locale: str | None = None

    @property
    def id(self) -> str:
        return self.agent_id


@dataclass(frozen=True)
class DirectoryTeam:
    """A team as the platform sends it, with the name as `directory_name` returns it."""

    team_id: str
    name: str
    agent_ids: Sequence[str]

    @property
    def id(self) -> str:
        return self.team_id


Row = TypeVar("Row", DirectoryAgent, DirectoryTeam)
Value = TypeVar("Value")


@dataclass(frozen=True)
class Directory:
    account_name: str
    agents: Sequence[DirectoryAgent]
    teams: Sequence[DirectoryTeam]


@dataclass(frozen=True)
class Skipped:
    """A part of the directory that is not applied, and why."""

    code: RefusalCode
    message: str
    path: Sequence[str]


class Applicable(NamedTuple):
    """The part of a directory that can be applied, and what was left out."""

    directory: Directory
    skipped: Sequence[Skipped]


def check_directory(directory: Directory) -> None:
    """Raises Refused, if nothing can be applied: TOO_LARGE for too many agents or teams, INVALID for an account name
    that cannot be stored."""
    _check_name_length(directory.account_name, "account", "name")
    check_visible(directory.account_name, "account", "name")
    _check_number(directory.agents, AGENTS_LIMIT, "agents")
    _check_number(directory.teams, TEAMS_LIMIT, "teams")


def applicable(directory: Directory, known: Mapping[str, AgentRow]) -> Applicable:
    """Returns what can be applied. One bad row must not keep others from being applied, least of all a deactivation:

    - A row without a valid id, or with one that occurs before, is left out.
    - An invalid name is replaced by the one that is `known`, or else by the id. An invalid e-mail address, picture or
      locale is left out. The rest of the row is applied.
    - Agents of a team who are in neither the directory nor `known` are left out.
    """
    skipped: list[Skipped] = []
    agents = [
        _applicable_agent(agent, known.get(agent.agent_id), str(place), skipped)
        for place, agent in _with_valid_ids(directory.agents, "agents", skipped)
    ]
    existing = known.keys() | {agent.agent_id for agent in agents}
    teams = [
        _applicable_team(team, existing, str(place), skipped)
        for place, team in _with_valid_ids(directory.teams, "teams", skipped)
    ]
    return Applicable(Directory(directory.account_name, agents, teams), skipped)


def _with_valid_ids(rows: Sequence[Row], path: str, skipped: list[Skipped]) -> Iterator[tuple[int, Row]]:
    """Yields the rows that can be identified, with their places."""
    seen: set[str] = set()
    for place, row in enumerate(rows):
        try:
            _check_id(row.id, seen, path, str(place), "id")
        except Refused as refused:
            skipped.append(Skipped(refused.code, refused.message, refused.path))
        else:
            seen.add(row.id)
            yield place, row


def _applicable_agent(
    agent: DirectoryAgent, known: AgentRow | None, place: str, skipped: list[Skipped]
) -> DirectoryAgent:
    fallback = known.name if known is not None else agent.agent_id
    at = ("agents", place)
    return replace(
        agent,
        name=_valid(_check_name_length, agent.name, fallback, skipped, *at, "name"),
        email=_valid(_check_email, agent.email, None, skipped, *at, "email"),
        avatar_url=_valid(_check_address, agent.avatar_url, None, skipped, *at, "avatarUrl"),
        locale=_valid(_check_locale, agent.locale, None, skipped, *at, "locale"),
    )


def _applicable_team(team: DirectoryTeam, existing: Set[str], place: str, skipped: list[Skipped]) -> DirectoryTeam:
    at = ("teams", place)
    if unknown := set(team.agent_ids) - existing:
        message = f"The directory has no agent {', '.join(sorted(map(repr, unknown))[:5])}."
        skipped.append(Skipped(RefusalCode.NOT_FOUND, message, (*at, "agentIds")))
    return replace(
        team,
        name=_valid(_check_name_length, team.name, team.team_id, skipped, *at, "name"),
        agent_ids=[agent_id for agent_id in team.agent_ids if agent_id in existing],
    )


def _valid(check: Callable[..., None], value: Value, fallback: Value, skipped: list[Skipped], *path: str) -> Value:
    """Returns the value, or the fallback if the check refuses it."""
    try:
        check(value, *path)
    except Refused as refused:
        skipped.append(Skipped(refused.code, refused.message, refused.path))
        return fallback
    return value


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


def _check_locale(locale: str | None, *path: str) -> None:
    if locale is not None and not _LOCALE.fullmatch(locale):
        raise Refused(RefusalCode.INVALID, "A locale must be a BCP 47 language tag, such as pt-BR.", *path)


def _check_number(rows: Sequence[object], limit: int, path: str) -> None:
    if len(rows) > limit:
        raise Refused(RefusalCode.TOO_LARGE, f"At most {limit:,} {path} can be sent in one call.", path)


def _check_id(id: str, seen: Set[str], *path: str) -> None:
    if not is_identifier(id):
        message = (
            "An id must have 1 to 64 printable characters, without spaces at the start or end, and not begin with"
            f" `{IMPORTED_PREFIX}`."
        )
        raise Refused(RefusalCode.INVALID, message, *path)
    if id in seen:
        raise Refused(RefusalCode.CONFLICT, "This id occurs before in the list.", *path)
