"""The account's order of changes, which live streams replay."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, Index
from sqlmodel import Field, SQLModel

from models.columns import IDENTIFIER, TIMESTAMPTZ, enum_check, enum_text, key_column
from models.enums import ChangeKind


class Change(SQLModel, table=True):
    """A change that other agents can see. The numbers in `change` have no gaps within an account, and changes commit in
    numerical order. A row identifies what changed, but does not hold the new value. There are no foreign keys: an
    insert must not lock any other row, and rows are pruned after 14 days."""

    __tablename__ = "changes"
    __table_args__ = (
        enum_check("kind", ChangeKind),
        # Replay over many channels: one range per channel.
        Index(None, "account_id", "channel_id", "change"),
    )

    account_id: str = key_column()
    change: int = Field(primary_key=True, sa_type=BigInteger, sa_column_kwargs={"autoincrement": False})
    kind: ChangeKind = Field(sa_type=enum_text(ChangeKind))
    channel_id: UUID | None = Field(default=None, sa_type=IDENTIFIER)
    message_id: UUID | None = Field(default=None, sa_type=IDENTIFIER)
    revision: int | None = None
    created_at: datetime = Field(sa_type=TIMESTAMPTZ)
    """The time by the database's clock at which it was appended, just before the commit."""


class ChangedAgent(SQLModel, table=True):
    """An agent whom a change is about, such as a new member. A change that is about thousands of agents, such as the
    creation of an announcement, is one row of `changes` and one row here for each of them."""

    __tablename__ = "changed_agents"
    # Replay: the changes that are about one agent, in any channel.
    __table_args__ = (Index(None, "account_id", "agent_id", "change"),)

    account_id: str = key_column()
    change: int = Field(primary_key=True, sa_type=BigInteger, sa_column_kwargs={"autoincrement": False})
    agent_id: str = key_column()
