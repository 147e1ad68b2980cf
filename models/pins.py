"""Messages that were pinned in their channel."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKeyConstraint, Index
from sqlmodel import Field, SQLModel

from models.columns import IDENTIFIER, TIMESTAMPTZ, key_column


class Pin(SQLModel, table=True):
    """A pinned message, in the channel of the message. The row is removed when the message is unpinned or deleted."""

    __tablename__ = "pins"
    __table_args__ = (
        ForeignKeyConstraint(["account_id", "message_id"], ["messages.account_id", "messages.message_id"]),
        # pinnedMessages: keyset pages of a channel, latest first. Also counts the pins of a channel.
        Index(None, "account_id", "channel_id", "pinned_at", "message_id"),
    )

    account_id: str = key_column()
    message_id: UUID = key_column(IDENTIFIER)
    channel_id: UUID = Field(sa_type=IDENTIFIER)
    pinned_at: datetime = Field(sa_type=TIMESTAMPTZ)
