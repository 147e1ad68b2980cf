"""The claims of a valid token. Everything else about the caller is read from the database."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class AgentToken:
    """The token of an agent. `account_id` is the tenant: the bearer cannot access any other account."""

    account_id: str
    agent_id: str
    expires_at: datetime


@dataclass(frozen=True)
class DirectoryToken:
    """The token of the platform's directory service. It can update one account's agents and teams and nothing else."""

    account_id: str
    expires_at: datetime


Identity = AgentToken | DirectoryToken

ID_LENGTH = 64

IMPORTED_PREFIX = "slack:"
"""The ids of agents who exist only as authors of imported messages begin with it. They are not the platform's."""


def is_identifier(text: str) -> bool:
    """Returns whether the text can be the platform's id of an agent, a team or an account. Tokens and the directory
    apply the same rule, so every agent in the directory can sign in."""
    is_short_line = 0 < len(text) <= ID_LENGTH and text.isprintable() and text == text.strip()
    return is_short_line and not text.startswith(IMPORTED_PREFIX)
