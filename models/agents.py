"""The people of an account and their teams, as the platform's directory tells them, and who is there now."""

from datetime import datetime

from sqlalchemy import ForeignKeyConstraint, Index, Text
from sqlmodel import Field, SQLModel

from models.columns import SORTABLE, TIMESTAMPTZ, enum_check, enum_text, key
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

    account_id: str = key()
    agent_id: str = key()
    name: str = Field(sa_type=Text)
    sort_name: str = Field(sa_type=SORTABLE)
    email: str | None = Field(default=None, sa_type=Text)
    avatar_url: str | None = Field(default=None, sa_type=Text)
    role: AgentRole = Field(default=AgentRole.AGENT, sa_type=enum_text(AgentRole))
    active: bool = True
    send_key: SendKey = Field(default=SendKey.ENTER, sa_type=enum_text(SendKey))


class Team(SQLModel, table=True):
    __tablename__ = "teams"
    __table_args__ = (ForeignKeyConstraint(["account_id"], ["accounts.account_id"]),)

    account_id: str = key()
    team_id: str = key()
    name: str = Field(sa_type=Text)


class TeamAgent(SQLModel, table=True):
    __tablename__ = "team_agents"
    __table_args__ = (
        ForeignKeyConstraint(["account_id", "team_id"], ["teams.account_id", "teams.team_id"]),
        ForeignKeyConstraint(["account_id", "agent_id"], ["agents.account_id", "agents.agent_id"]),
    )

    account_id: str = key()
    team_id: str = key()
    agent_id: str = key()


class Presence(SQLModel, table=True):
    """What an agent chose to appear as, and until when one of their sockets is known to be open: every process
    prolongs the sockets it holds, so those of a killed one run out by themselves."""

    __tablename__ = "presences"
    __table_args__ = (
        ForeignKeyConstraint(["account_id", "agent_id"], ["agents.account_id", "agents.agent_id"]),
        enum_check("status", PresenceStatus),
        # Whose connection ran out since the last look.
        Index(None, "account_id", "connected_until"),
    )

    account_id: str = key()
    agent_id: str = key()
    status: PresenceStatus = Field(default=PresenceStatus.ONLINE, sa_type=enum_text(PresenceStatus))
    connected_until: datetime | None = Field(default=None, sa_type=TIMESTAMPTZ)
