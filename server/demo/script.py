"""The words a demo's script is written in: plain data, without a database, an id or a date.

Moments are told as days before the seeding and a time of day, so the story is the same whenever it is played and
always ends yesterday.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from chat.cards import ItemRef
from models.enums import AgentRole, ChannelKind, MemberRole, NotificationLevel


@dataclass(frozen=True, eq=False)  # two people may say the same: a line is only itself
class Says:
    """A line of a conversation. A mention is written @Name: of an agent, of a team, or @all."""

    by: str
    text: str
    back: int = 0
    """It answers the line that stands so many lines above; 0: none."""
    reactions: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Emoji to the agents who react with it."""
    edited: str | None = None
    """What its author makes of it soon after."""
    deleted: bool = False
    shares: tuple[ItemRef, ...] = ()
    """Items of one kind shared with it, which its author may see."""


@dataclass(frozen=True)
class Step:
    days_ago: int
    at: str
    """HH:MM."""


@dataclass(frozen=True)
class Talk(Step):
    """Lines said one soon after the other, beginning then."""

    lines: tuple[Says, ...]


@dataclass(frozen=True)
class Joins(Step):
    agent: str


@dataclass(frozen=True)
class Leaves(Step):
    agent: str


@dataclass(frozen=True)
class Adds(Step):
    by: str
    agents: tuple[str, ...]


@dataclass(frozen=True)
class Promotes(Step):
    by: str
    agent: str
    role: MemberRole


@dataclass(frozen=True)
class Renames(Step):
    by: str
    name: str


@dataclass(frozen=True)
class LetsPost(Step):
    """Makes authors of an announcement."""

    by: str
    agents: tuple[str, ...]


@dataclass(frozen=True)
class Archives(Step):
    by: str


@dataclass(frozen=True)
class Keeps(Step):
    """What a member sets for themselves."""

    agent: str
    level: NotificationLevel = NotificationLevel.EVERYTHING
    muted: bool = False
    favourite: bool = False
    note: str | None = None


RoomStep: TypeAlias = Talk | Joins | Leaves | Adds | Promotes | Renames | LetsPost | Archives | Keeps


@dataclass(frozen=True)
class Room:
    """A channel and all that happens in it. A direct message is opened by its owner with its only other member."""

    kind: ChannelKind
    name: str
    opened: Step
    owner: str
    members: tuple[str, ...] = ()
    description: str | None = None
    icon: str = "chat"
    color: str = "#5b6cff"
    steps: tuple[RoomStep, ...] = ()


@dataclass(frozen=True)
class Looks(Step):
    """Reads everything up to then; what comes later is unread."""

    agent: str


@dataclass(frozen=True)
class Departs(Step):
    """The directory deactivates the agent."""

    agent: str


@dataclass(frozen=True)
class Person:
    id: str
    name: str
    role: AgentRole = AgentRole.AGENT

    @property
    def email(self) -> str:
        return f"{self.name.lower()}@example.com"


@dataclass(frozen=True)
class Company:
    """An account: its directory, its rooms, and what its people do beside them."""

    id: str
    name: str
    founded: Step
    people: tuple[Person, ...]
    """The first is the administrator who turns the chat on."""
    teams: Mapping[str, tuple[str, ...]]
    rooms: tuple[Room, ...]
    steps: tuple[Looks | Departs, ...] = ()
