"""Agents, as clients see them."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from itertools import chain, islice

import strawberry

from chat.naming import is_storable
from chat.viewer import Viewer
from execution import level_field
from loaders import Loaders
from models.rows import AgentRow
from schema.context import Info
from schema.enums import AgentRole, PresenceStatus


@strawberry.type(name="ChatStatus", description="A status that an agent set: an emoji, a text or both.")
class Status:
    emoji: str | None = strawberry.field(description="The emoji. Null: none.")
    text: str | None = strawberry.field(description="The text, on one line. Null: none.")
    until: datetime | None = strawberry.field(description="When the status ends. Null: when the agent removes it.")


@strawberry.federation.type(name="ChatAgent", keys=["id"], description="An agent of the viewer's account.")
class Agent:
    row: strawberry.Private[AgentRow]

    @staticmethod
    async def resolve_references(loaders: Loaders, reader: Viewer, ids: Sequence[str]) -> list["Agent | None"]:
        known = [id for id in ids if is_storable(id)]
        rows = dict(zip(known, await loaders.agents.load_many(known), strict=True))
        return [Agent(row=row) if (row := rows.get(id)) is not None else None for id in ids]

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

    @level_field(description="Whether the agent is online now.")
    @staticmethod
    async def presence(agents: list["Agent"], info: Info) -> list[PresenceStatus]:
        return await info.context.loaders.presences.load_many(agent.row.agent_id for agent in agents)

    @level_field(description="What the agent wrote beside their name, also while they are offline. Null: nothing.")
    @staticmethod
    async def status(agents: list["Agent"], info: Info) -> list[Status | None]:
        rows = await info.context.loaders.statuses.load_many(agent.row.agent_id for agent in agents)
        return [
            Status(emoji=row.status_emoji, text=row.status_text, until=row.status_until) if row is not None else None
            for row in rows
        ]


async def agents(loaders: Loaders, agent_ids: Iterable[str]) -> list[Agent]:
    """Returns agents that rows of other tables refer to, and who therefore exist."""
    rows = await loaders.agents.load_many(agent_ids)
    return [Agent(row=row) for row in rows if row is not None]


async def agents_of_each(loaders: Loaders, agent_ids: Sequence[Sequence[str]]) -> list[list[Agent]]:
    """Returns the agents of each list of ids, in the same order, without unknown ids. Where several of the lists are
    the same object, as for all readers of one message, so are the lists of their agents, which are then completed
    once."""
    distinct = {id(ids): ids for ids in agent_ids}
    rows = iter(await loaders.agents.load_many(chain.from_iterable(distinct.values())))
    found = {
        key: [Agent(row=row) for row in islice(rows, len(ids)) if row is not None] for key, ids in distinct.items()
    }
    return [found[id(ids)] for ids in agent_ids]
