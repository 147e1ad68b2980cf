"""Agents and teams, as the platform's directory sends them, and presence."""

from datetime import datetime

from sqlalchemy import ForeignKeyConstraint, Index, Text
from sqlmodel import Field, SQLModel

from models.columns import SORTABLE, TIMESTAMPTZ, enum_check, enum_text, key_column
from models.enums import AgentRole, PresenceStatus, SendKey


class Agent(SQLModel, table=True):
    __tablename__ = "agents"
    __table_args__ = (
        ForeignKeyConstraint(["account_id"], ["accounts.account_id"]),
        enum_check("role", AgentRole),
        enum_check("send_key", SendKey),
        # chatAgents: a keyset page by folded name.
        Index(None, "account_id", "sort_name", "agent_id"),
    )

    account_id: str = key_column()
    agent_id: str = key_column()
    name: str = Field(sa_type=Text)
    sort_name: str = Field(sa_type=SORTABLE)
    email: str | None = Field(default=None, sa_type=Text)
    avatar_url: str | None = Field(default=None, sa_type=Text)
    role: AgentRole = Field(default=AgentRole.AGENT, sa_type=enum_text(AgentRole))
    active: bool = True
    locale: str | None = Field(default=None, sa_type=Text)
    send_key: SendKey = Field(default=SendKey.ENTER, sa_type=enum_text(SendKey))
    do_not_disturb_until: datetime | None = Field(default=None, sa_type=TIMESTAMPTZ)


class PendingActivation(SQLModel, table=True):
    """An agent who was activated or deactivated, and whose channels are not up to date yet: see
    `chat.operations.activations`."""

    __tablename__ = "pending_activations"
    __table_args__ = (ForeignKeyConstraint(["account_id", "agent_id"], ["agents.account_id", "agents.agent_id"]),)

    account_id: str = key_column()
    agent_id: str = key_column()
    requested_at: datetime = Field(sa_type=TIMESTAMPTZ)


class Team(SQLModel, table=True):
    __tablename__ = "teams"
    __table_args__ = (ForeignKeyConstraint(["account_id"], ["accounts.account_id"]),)

    account_id: str = key_column()
    team_id: str = key_column()
    name: str = Field(sa_type=Text)


class TeamAgent(SQLModel, table=True):
    __tablename__ = "team_agents"
    __table_args__ = (
        ForeignKeyConstraint(["account_id", "team_id"], ["teams.account_id", "teams.team_id"]),
        ForeignKeyConstraint(["account_id", "agent_id"], ["agents.account_id", "agents.agent_id"]),
    )

    account_id: str = key_column()
    team_id: str = key_column()
    agent_id: str = key_column()


class Presence(SQLModel, table=True):
    """The presence that an agent chose, and the time until which they count as connected. Every process extends the
    rows of the agents who have a socket there, so the rows of a killed process expire. The status, which others see
    even if the agent is offline, is over at `status_until`; the columns keep it."""

    __tablename__ = "presences"
    __table_args__ = (
        ForeignKeyConstraint(["account_id", "agent_id"], ["agents.account_id", "agents.agent_id"]),
        enum_check("status", PresenceStatus),
        # The agents whose connection has expired since the last check.
        Index(None, "account_id", "connected_until"),
        # The agents whose status has ended since the last check.
        Index(None, "account_id", "status_until", postgresql_where="status_until IS NOT NULL"),
    )

    account_id: str = key_column()
    agent_id: str = key_column()
    status: PresenceStatus = Field(default=PresenceStatus.ONLINE, sa_type=enum_text(PresenceStatus))
    connected_until: datetime | None = Field(default=None, sa_type=TIMESTAMPTZ)
    status_emoji: str | None = Field(default=None, sa_type=Text)
    status_text: str | None = Field(default=None, sa_type=Text)
    status_until: datetime | None = Field(default=None, sa_type=TIMESTAMPTZ)
