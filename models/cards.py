"""Cards: references to the platform's items that were shared in messages."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKeyConstraint, Index, Text
from sqlmodel import Field, SQLModel

from models.columns import IDENTIFIER, TIMESTAMPTZ, enum_check, enum_text, key_column
from models.enums import ItemKind


class Card(SQLModel, table=True):
    """A reference to an item in its source module, which decides who may see it. Title and summary are
    those at the time of sharing, for accounts that show them to the whole channel. A card is removed when its message
    is deleted."""

    __tablename__ = "cards"
    __table_args__ = (
        ForeignKeyConstraint(["account_id", "message_id"], ["messages.account_id", "messages.message_id"]),
        ForeignKeyConstraint(["account_id", "shared_by"], ["agents.account_id", "agents.agent_id"]),
        enum_check("kind", ItemKind),
        # The cards of a page of messages.
        Index(None, "account_id", "message_id", "place"),
        # sharedIn: the messages in which an item was shared, latest first.
        Index(None, "account_id", "kind", "item_id", "card_id"),
    )

    account_id: str = key_column()
    card_id: UUID = key_column(IDENTIFIER)
    message_id: UUID = Field(sa_type=IDENTIFIER)
    place: int
    kind: ItemKind = Field(sa_type=enum_text(ItemKind))
    item_id: str = Field(sa_type=Text)
    shared_by: str = Field(sa_type=Text)
    title: str = Field(sa_type=Text)
    summary: str | None = Field(default=None, sa_type=Text)
    created_at: datetime = Field(sa_type=TIMESTAMPTZ)
