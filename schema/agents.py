"""Agents, as clients see them."""

from collections.abc import Sequence

import strawberry

from chat.naming import is_storable
from loaders import Loaders
from models import Agent as AgentRow
from schema.context import Info
from schema.enums import AgentRole, PresenceStatus


@strawberry.federation.type(name="ChatAgent", keys=["id"], description="An agent of the viewer's account.")
class Agent:
    row: strawberry.Private[AgentRow]

    @classmethod
    async def resolve_reference(cls, info: Info, id: str) -> "Agent | None":
        await info.context.viewer()
        row = await info.context.loaders.agents.load(id) if is_storable(id) else None
        return cls(row=row) if row is not None else None

    @strawberry.field(description="The agent's id in the platform.")
    def id(self) -> strawberry.ID:
        return strawberry.ID(self.row.agent_id)

    @strawberry.field(description="The agent's name.")
    def name(self) -> str:
        return self.row.name

    @strawberry.field(description="The agent's picture. Null: show the initials.")
    def avatar_url(self) -> str | None:
        return self.row.avatar_url

    @strawberry.field(description="The agent's role in the account.")
    def role(self) -> AgentRole:
        return self.row.role

    @strawberry.field(
        description="False once the agent is deactivated: they can no longer sign in, and their messages remain."
    )
    def active(self) -> bool:
        return self.row.active

    @strawberry.field(description="Whether the agent is online now.")
    async def presence(self, info: Info) -> PresenceStatus:
        return await info.context.loaders.presences.load(self.row.agent_id)


async def agent(loaders: Loaders, agent_id: str) -> Agent:
    """Returns an agent that a row of another table refers to, and who therefore exists."""
    row = await loaders.agents.load(agent_id)
    assert row is not None, "guaranteed by a foreign key"
    return Agent(row=row)


async def agents(loaders: Loaders, agent_ids: Sequence[str]) -> list[Agent]:
    """Returns the agents with these ids, in the same order, without unknown ids."""
    rows = await loaders.agents.load_many(list(agent_ids))
    return [Agent(row=row) for row in rows if row is not None]
