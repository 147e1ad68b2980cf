"""Messages that agents saved for themselves."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKeyConstraint, Index
from sqlmodel import Field, SQLModel

from models.columns import IDENTIFIER, TIMESTAMPTZ, key_column


class SavedMessage(SQLModel, table=True):
    """A message that an agent saved, which only that agent sees. The row stays when the agent loses access to the
    message, and is removed when the message is deleted. The primary key begins with the message, so it finds the rows
    of a deleted message."""

    __tablename__ = "saved_messages"
    __table_args__ = (
        ForeignKeyConstraint(["account_id", "message_id"], ["messages.account_id", "messages.message_id"]),
        ForeignKeyConstraint(["account_id", "agent_id"], ["agents.account_id", "agents.agent_id"]),
        # savedChatMessages: keyset pages of an agent, latest first. Also counts the saved messages of an agent.
        Index(None, "account_id", "agent_id", "saved_at", "message_id"),
    )

    account_id: str = key_column()
    message_id: UUID = key_column(IDENTIFIER)
    agent_id: str = key_column()
    saved_at: datetime = Field(sa_type=TIMESTAMPTZ)
