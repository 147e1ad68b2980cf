"""Uploaded files, and the stored files that must be deleted."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKeyConstraint,
    Index,
    LargeBinary,
    Text,
    UniqueConstraint,
)
from sqlmodel import Field, SQLModel

from models.columns import IDENTIFIER, TIMESTAMPTZ, enum_check, enum_text, key_column
from models.enums import AttachmentKind

IS_UNSENT = "message_id IS NULL"
"""The condition for uploads that were not sent. Two partial indexes use it."""


class Attachment(SQLModel, table=True):
    """A file that an agent uploads. At first it has only what its uploader declares. Once its bytes are received, it
    has a `storage_key` and what was found in them. An upload that is not sent expires. One that is sent becomes an
    attachment of a message, and is deleted with it."""

    __tablename__ = "attachments"
    __table_args__ = (
        ForeignKeyConstraint(["account_id", "uploader_id"], ["agents.account_id", "agents.agent_id"]),
        ForeignKeyConstraint(["account_id", "message_id"], ["messages.account_id", "messages.message_id"]),
        enum_check("kind", AttachmentKind),
        # The attachments of a page of messages, in order, and those of a message that is deleted.
        UniqueConstraint("account_id", "message_id", "place"),
        # How many uploads an agent has not sent.
        Index(None, "account_id", "uploader_id", "expires_at", postgresql_where=IS_UNSENT),
        # The uploads that have expired.
        Index(None, "account_id", "expires_at", postgresql_where=IS_UNSENT),
        CheckConstraint("byte_size > 0", name="not_empty"),
        CheckConstraint(
            "(storage_key IS NULL) = (content_type IS NULL) AND (storage_key IS NULL) = (sha256 IS NULL)",
            name="received_completely",
        ),
        CheckConstraint("message_id IS NULL OR storage_key IS NOT NULL", name="received_before_sent"),
        CheckConstraint("(message_id IS NULL) = (place IS NULL)", name="place_in_message"),
        CheckConstraint("(message_id IS NULL) = (expires_at IS NOT NULL)", name="expires_until_sent"),
    )

    account_id: str = key_column()
    attachment_id: UUID = key_column(IDENTIFIER)
    uploader_id: str = Field(sa_type=Text)
    filename: str = Field(sa_type=Text)
    declared_type: str = Field(sa_type=Text)
    kind: AttachmentKind = Field(sa_type=enum_text(AttachmentKind))
    """The kind of the declared type until the bytes are received."""

    byte_size: int = Field(sa_type=BigInteger)
    """The size to receive, and then the size of the stored file, from which metadata may have been removed."""

    created_at: datetime = Field(sa_type=TIMESTAMPTZ)
    expires_at: datetime | None = Field(default=None, sa_type=TIMESTAMPTZ)
    storage_key: str | None = Field(default=None, sa_type=Text)
    thumbnail_key: str | None = Field(default=None, sa_type=Text)
    content_type: str | None = Field(default=None, sa_type=Text)
    """The type that was found in the bytes. It is the declared type only if the bytes are of no known type and browsers
    cannot execute it."""

    sha256: bytes | None = Field(default=None, sa_type=LargeBinary)
    width: int | None = None
    height: int | None = None
    duration_ms: int | None = None
    waveform: bytes | None = Field(default=None, sa_type=LargeBinary)
    """One peak in each byte, 0 to 100."""

    message_id: UUID | None = Field(default=None, sa_type=IDENTIFIER)
    place: int | None = None


class UnusedFile(SQLModel, table=True):
    """A stored file that must be deleted, and when. A new file is listed here before it is written, and removed from
    the list by the transaction that stores its key elsewhere, so a crash between the two leaves no file behind."""

    __tablename__ = "unused_files"
    __table_args__ = (
        # The files that are due.
        Index(None, "account_id", "delete_at"),
    )

    account_id: str = key_column()
    storage_key: str = key_column()
    delete_at: datetime = Field(sa_type=TIMESTAMPTZ)
    """While a process deletes the file, this is the end of its lease."""
