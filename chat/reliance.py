"""What a write relies on until its end: that its agents and the account's settings are as it has read them.

Their rows are not locked. Instead, the last statement of a write, which locks the account's clock, returns the
account's access version. If it is the one that the write has read, nothing changed meanwhile. Otherwise the write reads
again what it relies on. It holds the clock, so nothing can change until it commits.
"""

from collections.abc import Iterable
from typing import NamedTuple

from sqlalchemy import select
from sqlmodel import col

from chat.viewer import Viewer
from models import Account, Agent
from models.columns import ACCOUNT_ID, is_one_of
from models.database import Connection
from models.enums import AgentRole
from models.rows import AccountRow, columns, to_row
from models.statements import Statement

_NOW = Statement(
    select(*columns(AccountRow), col(Agent.agent_id), col(Agent.role), col(Agent.active))
    .join(Account, col(Account.account_id) == col(Agent.account_id))
    .where(col(Agent.account_id) == ACCOUNT_ID, is_one_of(col(Agent.agent_id), "agent_ids"))
)


class AccessChanged(Exception):
    """What the write has read is out of date. Repeating it reads everything again."""


class _ReadAgent(NamedTuple):
    """What was read of an agent. Without a role, only that the agent is active."""

    role: AgentRole | None
    active: bool


class Reliance:
    """What one transaction relies on. The directory sync, which reads no viewer, relies on nothing."""

    def __init__(self) -> None:
        self._version: int | None = None
        self._account: AccountRow | None = None
        self._agents: dict[str, _ReadAgent] = {}
        self._relies_on_all_agents = False

    def on_version(self, access_version: int) -> None:
        """Relies on what is read from now on. Without a viewer, the access version is read first."""
        self._version = access_version

    def on_viewer(self, viewer: Viewer, access_version: int) -> None:
        """Relies on the viewer, who was read together with the access version."""
        if self._version is None:
            self._version, self._account = access_version, viewer.account
        self._agents[viewer.agent_id] = _ReadAgent(viewer.agent.role, viewer.agent.active)

    def on_active(self, agent_ids: Iterable[str]) -> None:
        """Relies on these agents being active."""
        for agent_id in agent_ids:
            self._agents.setdefault(agent_id, _ReadAgent(None, active=True))

    def on_all_agents(self) -> None:
        """Relies on the account having no other agents, and on all of them being as they are."""
        self._relies_on_all_agents = True

    async def check(self, connection: Connection, account_id: str, access_version: int) -> None:
        """Raises AccessChanged unless everything is as it was read. `access_version` is that of the account now. The
        caller holds the account's clock."""
        if self._version is None or access_version == self._version:
            return
        if self._relies_on_all_agents:
            raise AccessChanged
        rows = await _NOW.fetch(connection, account_id=account_id, agent_ids=list(self._agents))
        if len(rows) < len(self._agents):
            raise AccessChanged
        for *account, agent_id, role, active in rows:
            read = self._agents[agent_id]
            if read.active != active or read.role not in (None, role):
                raise AccessChanged
            if self._account is not None and self._account != to_row(AccountRow, account):
                raise AccessChanged
