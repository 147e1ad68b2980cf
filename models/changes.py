"""The account's order of changes, which live streams replay."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, Index, Text
from sqlmodel import Field, SQLModel

from models.columns import IDENTIFIER, TIMESTAMPTZ, enum_check, enum_text, key
from models.enums import ChangeKind


class Change(SQLModel, table=True):
    """One shared change: dense in `change` per account, committed in that order. It says where to look, not what
    stands there. No foreign keys: rows are pruned after 14 days, and an insert here must lock nothing else."""

    __tablename__ = "changes"
    __table_args__ = (
        enum_check("kind", ChangeKind),
        # A replay of many channels reads each channel's range.
        Index(None, "account_id", "channel_id", "change"),
        # What opened or closed a door for one agent, wherever it was.
        Index(
            None,
            "account_id",
            "agent_id",
            "change",
            postgresql_where="message_id IS NULL",
        ),
    )

    account_id: str = key()
    change: int = Field(primary_key=True, sa_type=BigInteger, sa_column_kwargs={"autoincrement": False})
    kind: ChangeKind = Field(sa_type=enum_text(ChangeKind))
    channel_id: UUID | None = Field(default=None, sa_type=IDENTIFIER)
    message_id: UUID | None = Field(default=None, sa_type=IDENTIFIER)
    revision: int | None = None
    agent_id: str | None = Field(default=None, sa_type=Text)
    created_at: datetime = Field(sa_type=TIMESTAMPTZ)
