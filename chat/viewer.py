"""The viewer: the agent who makes a request, as currently stored, and the checks that admit them."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Select, and_, select
from sqlmodel import col

from chat.errors import DenialCode, Denied
from chat.identity import AgentToken, Identity
from models import Account, AccountClock, Agent, Member
from models.columns import is_one_of
from models.enums import AgentRole, MemberRole


@dataclass(frozen=True)
class Viewer:
    """An agent, active or not, and their account."""

    agent: Agent
    account: Account

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
        return self.account.chat_enabled and self.agent.role.value in self.account.enabled_roles


def select_viewers(account_id: str, agent_ids: Sequence[str]) -> Select[Agent, Account, int]:
    """Returns a SELECT of agents with their account and its last change. It is the first statement of a request, so
    that the change is older than everything else that the request reads."""
    return (
        select(Agent, Account, col(AccountClock.change))
        .join(Account, col(Account.account_id) == col(Agent.account_id))
        .join(AccountClock, col(AccountClock.account_id) == col(Agent.account_id))
        .where(and_(col(Agent.account_id) == account_id, is_one_of(col(Agent.agent_id), agent_ids)))
    )


def select_channel_managers(account_id: str, agent_ids: Sequence[str]) -> Select[str]:
    """Returns a SELECT of those agents who are an owner or admin of at least one channel, archived channels
    included."""
    return (
        select(col(Member.agent_id))
        .distinct()
        .where(
            col(Member.account_id) == account_id,
            is_one_of(col(Member.agent_id), agent_ids),
            col(Member.role) != MemberRole.MEMBER,
        )
    )


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
