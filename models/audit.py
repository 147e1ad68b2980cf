"""The audit log: who changed what, and when."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Index, Text
from sqlmodel import Field, SQLModel

from models.columns import IDENTIFIER, TIMESTAMPTZ, enum_check, enum_text, key_column
from models.enums import AuditAction


class AuditEntry(SQLModel, table=True):
    """An entry of the audit log. `chat.operation` writes it in the transaction of the change. It never contains the
    text of a message, and direct messages have no entries. There are no foreign keys: an insert must not lock any other
    row."""

    __tablename__ = "audit_entries"
    __table_args__ = (
        enum_check("action", AuditAction),
        # chatAuditLog: keyset pages, newest first, of the account, of an agent and of a channel.
        Index(None, "account_id", "created_at", "entry_id"),
        Index(None, "account_id", "actor_id", "created_at", "entry_id"),
        Index(None, "account_id", "agent_id", "created_at", "entry_id"),
        Index(None, "account_id", "channel_id", "created_at", "entry_id"),
    )

    account_id: str = key_column()
    entry_id: UUID = key_column(IDENTIFIER)
    created_at: datetime = Field(sa_type=TIMESTAMPTZ)
    action: AuditAction = Field(sa_type=enum_text(AuditAction))
    actor_id: str | None = Field(default=None, sa_type=Text)
    """Who did it; None for the directory and for the chat itself."""

    agent_id: str | None = Field(default=None, sa_type=Text)
    """The agent whom it is about; of a deleted message, its author."""

    channel_id: UUID | None = Field(default=None, sa_type=IDENTIFIER)
    message_id: UUID | None = Field(default=None, sa_type=IDENTIFIER)
    """The message that was deleted."""

    setting: str | None = Field(default=None, sa_type=Text)
    """The column of the setting of the account."""

    before: str | None = Field(default=None, sa_type=Text)
    after: str | None = Field(default=None, sa_type=Text)
