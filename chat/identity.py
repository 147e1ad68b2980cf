"""Who a valid token says is asking; what the chat knows of them is read from the database, never from the token."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class Agent:
    """A person of the platform. The account is the tenant: nothing outside it exists for this identity."""

    account_id: str
    agent_id: str
    expires_at: datetime


@dataclass(frozen=True)
class DirectoryService:
    """The platform itself, feeding the directory of one account; it reads and says nothing in the chat."""

    account_id: str
    expires_at: datetime


Identity = Agent | DirectoryService

ID_LENGTH = 64


def is_identifier(text: str) -> bool:
    """Whether it can be the platform's id of an agent, a team or an account: the directory and the tokens agree."""
    return 0 < len(text) <= ID_LENGTH and text.isprintable() and text == text.strip()
