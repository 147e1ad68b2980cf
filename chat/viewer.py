"""Who is asking, as the database knows them now; and the gate that every operation and event passes."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Select, and_, select
from sqlmodel import col

from chat.errors import DenialCode, Denied
from chat.identity import Agent as AgentIdentity
from chat.identity import Identity
from models import Account, AccountClock, Agent, Member
from models.enums import AgentRole, MemberRole


@dataclass(frozen=True)
class Viewer:
    """An active agent of an account."""

    agent: Agent
    account: Account

    @property
    def account_id(self) -> str:
        return self.account.account_id

    @property
    def agent_id(self) -> str:
        return self.agent.agent_id

    @property
    def administers(self) -> bool:
        return self.agent.role == AgentRole.ADMINISTRATOR

    @property
    def chat_enabled(self) -> bool:
        return self.account.chat_enabled and self.agent.role.value in self.account.enabled_roles


def standings(account_id: str, agent_ids: Sequence[str]) -> Select[Agent, Account, int]:
    """Agents with their account and its last change: the first statement of a request, so that the change it reads
    is older than anything else the request shows."""
    return (
        select(Agent, Account, col(AccountClock.change))
        .join(Account, col(Account.account_id) == col(Agent.account_id))
        .join(AccountClock, col(AccountClock.account_id) == col(Agent.account_id))
        .where(and_(col(Agent.account_id) == account_id, col(Agent.agent_id).in_(agent_ids)))
    )


def channel_managers(account_id: str, agent_ids: Sequence[str]) -> Select[str]:
    """Those of the agents who are an owner or admin of at least one channel (archived ones count too)."""
    return (
        select(col(Member.agent_id))
        .distinct()
        .where(
            col(Member.account_id) == account_id,
            col(Member.agent_id).in_(agent_ids),
            col(Member.role) != MemberRole.MEMBER,
        )
    )


def agent_of(identity: Identity | None) -> AgentIdentity:
    """Returns who asks; raises Denied UNAUTHENTICATED for nobody, FORBIDDEN for a service."""
    if identity is None:
        raise Denied(DenialCode.UNAUTHENTICATED, "Sign in first: send a bearer token.")
    if not isinstance(identity, AgentIdentity):
        raise Denied(DenialCode.FORBIDDEN, "A service token reads and writes nothing in the chat.")
    return identity


def recognised(viewer: Viewer | None) -> Viewer:
    """Returns the viewer, an active agent; raises Denied AGENT_INACTIVE for any other, known or not."""
    if viewer is None or not viewer.agent.active:
        raise Denied(DenialCode.AGENT_INACTIVE, "You are not an active agent of this account.")
    return viewer


def admitted(viewer: Viewer | None) -> Viewer:
    """Returns the viewer once past the gate; raises Denied AGENT_INACTIVE or MODULE_DISABLED."""
    present = recognised(viewer)
    if not present.chat_enabled:
        raise Denied(DenialCode.MODULE_DISABLED, "The internal chat is not enabled for you.")
    return present


def administrator(viewer: Viewer | None) -> Viewer:
    """Returns an administrator, even where the module is off, since only they can turn it on; raises Denied."""
    present = recognised(viewer)
    if present.administers:
        return present
    raise Denied(DenialCode.FORBIDDEN, "Only administrators of the account may do this.")
