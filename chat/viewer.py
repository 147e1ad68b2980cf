"""The viewer: the agent who makes a request, as currently stored, and the checks that admit them."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from sqlalchemy import Select, select
from sqlmodel import col

from chat.errors import DenialCode, Denied
from chat.identity import AgentToken, Identity
from models import Account, AccountClock, Agent, Member
from models.columns import ACCOUNT_ID, is_one_of
from models.database import Record
from models.enums import AgentRole, MemberRole
from models.rows import AccountRow, AgentRow, columns, places, to_row
from models.statements import Statement

_AGENT, _ACCOUNT = places(AgentRow, AccountRow)


class Viewer(NamedTuple):
    """An agent, active or not, and their account."""

    agent: AgentRow
    account: AccountRow

    @classmethod
    def of(cls, record: Record) -> "Viewer":
        """Returns the viewer of a record that begins with the columns of `viewers`."""
        (viewer,) = cls.of_all([record])
        return viewer

    @classmethod
    def of_all(cls, records: Sequence[Record]) -> list["Viewer"]:
        """Returns the viewers of records that begin with the columns of `viewers`, all of the same account."""
        if not records:
            return []
        account = to_row(AccountRow, records[0][_ACCOUNT])
        return [cls(to_row(AgentRow, record[_AGENT]), account) for record in records]

    @property
    def account_id(self) -> str:
        return self.account.account_id

    @property
    def agent_id(self) -> str:
        return self.agent.agent_id

    @property
    def is_administrator(self) -> bool:
        return self.agent.role == AgentRole.ADMINISTRATOR

    @property
    def chat_enabled(self) -> bool:
        """Whether the chat is enabled for the account and for the agent's role. `live.presence` has the same rule in
        SQL; a test checks that they agree."""
        return self.account.chat_enabled and self.agent.role in self.account.enabled_roles


def viewers() -> Select[*tuple[Any, ...]]:
    """Returns a SELECT of the agents `agent_ids` with their account and its last change. It is the first statement of a
    request, so that the change is older than everything else that the request reads."""
    return (
        select(*columns(AgentRow), *columns(AccountRow), col(AccountClock.change))
        .join(Account, col(Account.account_id) == col(Agent.account_id))
        .join(AccountClock, col(AccountClock.account_id) == col(Agent.account_id))
        .where(col(Agent.account_id) == ACCOUNT_ID, is_one_of(col(Agent.agent_id), "agent_ids"))
    )


CHANNEL_MANAGERS = Statement(
    select(col(Member.agent_id))
    .distinct()
    .where(
        col(Member.account_id) == ACCOUNT_ID,
        is_one_of(col(Member.agent_id), "agent_ids"),
        col(Member.role) != MemberRole.MEMBER,
    )
)
"""Reads which of these agents are an owner or admin of at least one channel, archived channels included."""


def require_agent(identity: Identity) -> AgentToken:
    """Returns the identity of an agent. Raises Denied FORBIDDEN for a service token."""
    if not isinstance(identity, AgentToken):
        raise Denied(DenialCode.FORBIDDEN, "A service token cannot read or write in the chat.")
    return identity


def require_active(viewer: Viewer | None) -> Viewer:
    """Returns the viewer. Raises Denied AGENT_INACTIVE for an agent who is deactivated or unknown."""
    if viewer is None or not viewer.agent.active:
        raise Denied(DenialCode.AGENT_INACTIVE, "You are not an active agent of this account.")
    return viewer


def require_enabled(viewer: Viewer | None) -> Viewer:
    """Returns the viewer. Raises Denied AGENT_INACTIVE, or MODULE_DISABLED if the chat is disabled for them."""
    active = require_active(viewer)
    if not active.chat_enabled:
        raise Denied(DenialCode.MODULE_DISABLED, "The chat is not enabled for you.")
    return active


def require_administrator(viewer: Viewer | None) -> Viewer:
    """Returns the viewer, even if the chat is disabled, because only administrators can enable it. Raises Denied
    AGENT_INACTIVE, or FORBIDDEN for everyone else."""
    active = require_active(viewer)
    if active.is_administrator:
        return active
    raise Denied(DenialCode.FORBIDDEN, "Only administrators of the account may do this.")
