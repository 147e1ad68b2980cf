"""How many requests and long-lived connections each agent has in the process."""

from collections import Counter
from collections.abc import Hashable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from chat.errors import Denied
from chat.identity import AgentToken, Identity
from server.limits.settings import LimitSettings

Key = TypeVar("Key", bound=Hashable)

Agent = tuple[str, str | None]
"""The account and the agent; None for the account's directory."""


class TooMany(Exception):
    """The limit is reached. The text is a sentence for the client."""


@contextmanager
def counted(counter: Counter[Key], key: Key, limit: int, message: str = "") -> Iterator[None]:
    """Counts the key until the block ends. Raises TooMany if it is counted as often as the limit already."""
    if counter[key] >= limit:
        raise TooMany(message)
    counter[key] += 1
    try:
        yield
    finally:
        counter[key] -= 1
        if not counter[key]:
            del counter[key]


class Usage:
    """Counts what the agents of the process have. Clients without a valid token are not counted here: their sockets are
    counted by address (`server.http.admission`), and their requests are cheap."""

    def __init__(self, settings: LimitSettings) -> None:
        self._requests_per_agent = settings.requests_per_agent
        self._sockets_per_agent = settings.sockets_per_agent
        self._sockets_per_account = settings.sockets_per_account
        self._requests: Counter[Agent] = Counter()
        self._sockets: Counter[Agent] = Counter()
        self._account_sockets: Counter[str] = Counter()

    @contextmanager
    def request(self, authentication: Identity | Denied | None) -> Iterator[None]:
        """Counts an HTTP request until the block ends. Raises TooMany."""
        if authentication is None or isinstance(authentication, Denied):
            yield
            return
        message = f"An agent can have at most {self._requests_per_agent} requests at a time."
        with counted(self._requests, _agent(authentication), self._requests_per_agent, message):
            yield

    @contextmanager
    def socket(self, authentication: Identity | Denied | None) -> Iterator[None]:
        """Counts a socket or an event stream until the block ends. Raises TooMany."""
        if authentication is None or isinstance(authentication, Denied):
            yield
            return
        per_agent = f"An agent can have at most {self._sockets_per_agent} sockets and event streams."
        per_account = f"An account can have at most {self._sockets_per_account} sockets and event streams."
        with (
            counted(self._sockets, _agent(authentication), self._sockets_per_agent, per_agent),
            counted(self._account_sockets, authentication.account_id, self._sockets_per_account, per_account),
        ):
            yield


def _agent(identity: Identity) -> Agent:
    return identity.account_id, identity.agent_id if isinstance(identity, AgentToken) else None
