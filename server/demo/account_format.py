"""The types of account.toml and items.toml, which content/README.md describes."""

from collections.abc import Mapping
from typing import Self

from pydantic import Field, model_validator
from pydantic.dataclasses import dataclass

from chat.cards import DetailValue
from models.enums import AgentRole, ItemKind
from server.demo.fields import STRICT, AgentId, References, Time


@dataclass(frozen=True, config=STRICT)
class Agent:
    id: str
    name: str
    email: str
    role: AgentRole = AgentRole.AGENT
    reads_everything: Time | None = None
    """When the agent marks all channels as read. Later messages are unread."""
    deactivated: Time | None = None


@dataclass(frozen=True, config=STRICT)
class DemoDirectory:
    """An account.toml."""

    id: str
    name: str
    founded: Time
    channels: tuple[str, ...]
    """The names of the channels' files. Of events at the same time, those of an earlier channel come first."""
    agents: Mapping[str, Agent]
    teams: Mapping[str, tuple[str, ...]]
    """The names of the agents in each team."""

    @model_validator(mode="after")
    def _check_teams(self) -> Self:
        for team, names in self.teams.items():
            for name in names:
                if name not in self.agents:
                    raise ValueError(f'the team {team} has the unknown agent "{name}"')
        return self

    @model_validator(mode="after")
    def _check_administrator(self) -> Self:
        if not any(agent.role == AgentRole.ADMINISTRATOR for agent in self.agents.values()):
            raise ValueError("one of the agents must be an ADMINISTRATOR, who turns the chat on")
        return self

    @property
    def administrator(self) -> Agent:
        return next(agent for agent in self.agents.values() if agent.role == AgentRole.ADMINISTRATOR)

    def team_members(self) -> dict[str, tuple[str, ...]]:
        """Returns the agent ids of each team."""
        return {team: tuple(self.agents[name].id for name in names) for team, names in self.teams.items()}

    def references(self) -> References:
        agents = {name: agent.id for name, agent in self.agents.items()}
        names = (agent.name for agent in self.agents.values())
        return References(agents, frozenset((*names, *self.teams, "all")))


@dataclass(frozen=True, config=STRICT)
class Item:
    kind: ItemKind
    id: str
    title: str
    url: str
    summary: str | None = None
    details: Mapping[str, DetailValue] = Field(default_factory=dict)
    hidden_from: tuple[AgentId, ...] = ()
    removed: bool = False


@dataclass(frozen=True, config=STRICT)
class Items:
    """An items.toml."""

    items: tuple[Item, ...]

    @model_validator(mode="after")
    def _check_ids(self) -> Self:
        refs = [(item.kind, item.id) for item in self.items]
        for kind, id in refs:
            if refs.count((kind, id)) > 1:
                raise ValueError(f"there are several items {kind} {id}")
        return self
