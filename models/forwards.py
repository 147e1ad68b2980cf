"""What forwarded messages quote."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKeyConstraint, Text
from sqlmodel import Field, SQLModel

from models.columns import IDENTIFIER, TIMESTAMPTZ, key_column


class Forward(SQLModel, table=True):
    """The message `original_id` as it was when `message_id` quoted it: who sent it and when, and its text. Neither
    editing nor deleting the original changes the row. It is removed with the message that quotes. There is no foreign
    key to the original, which can be gone."""

    __tablename__ = "forwards"
    __table_args__ = (
        ForeignKeyConstraint(["account_id", "message_id"], ["messages.account_id", "messages.message_id"]),
        ForeignKeyConstraint(["account_id", "author_id"], ["agents.account_id", "agents.agent_id"]),
    )

    account_id: str = key_column()
    message_id: UUID = key_column(IDENTIFIER)
    original_id: UUID = Field(sa_type=IDENTIFIER)
    author_id: str = Field(sa_type=Text)
    sent_at: datetime = Field(sa_type=TIMESTAMPTZ)
    body: str = Field(sa_type=Text)
