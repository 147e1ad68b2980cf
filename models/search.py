"""The search index: one row per message that can be found."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, ForeignKeyConstraint, Index
from sqlalchemy.dialects.postgresql import TSVECTOR
from sqlmodel import Field, SQLModel

from models.columns import IDENTIFIER, TIMESTAMPTZ, key_column


class SearchEntry(SQLModel, table=True):
    """What a message is found by. System messages and tombstones have no entry.

    The messages of an account are divided into slices of about the same size, in the order in which they were sent.
    Each lexeme of `terms` begins with a key of the account and the slice (`chat.search_index`), so a search reads the
    newest slices first and stops when its page is full, whatever the size of the account or of the database.
    """

    __tablename__ = "search_entries"
    __table_args__ = (
        ForeignKeyConstraint(["account_id", "message_id"], ["messages.account_id", "messages.message_id"]),
        # searchChatMessages. With a pending list, each search would read all of it once per slice.
        Index(None, "terms", postgresql_using="gin", postgresql_with={"fastupdate": "off"}),
        # The slices in which the messages of a period are.
        Index(None, "account_id", "created_at", "slice"),
    )

    account_id: str = key_column()
    message_id: UUID = key_column(IDENTIFIER)
    channel_id: UUID = Field(sa_type=IDENTIFIER)
    slice: int = Field(sa_type=BigInteger)
    created_at: datetime = Field(sa_type=TIMESTAMPTZ)
    terms: str = Field(sa_type=TSVECTOR)


class SearchBackfill(SQLModel, table=True):
    """An account whose older messages have no entries yet. They are indexed from the newest to the oldest
    (`chat.operations.index_messages`). The row is removed with the last of them.

    `before_id` is the message that was reached. `position` is where the next message stands among the account's
    changes: its slice follows from it, as that of a new message follows from the account's clock.
    """

    __tablename__ = "search_backfills"
    __table_args__ = (ForeignKeyConstraint(["account_id"], ["accounts.account_id"]),)

    account_id: str = key_column()
    before_id: UUID | None = Field(default=None, sa_type=IDENTIFIER)
    position: int = Field(sa_type=BigInteger)
