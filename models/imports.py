"""Accounts that are being imported."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ARRAY, Integer
from sqlmodel import Field, SQLModel

from models.columns import IDENTIFIER, TIMESTAMPTZ, key_column


class AccountImport(SQLModel, table=True):
    """An account of which an archive was not imported completely yet (`transfer.importing`). Until it is, its agents
    are inactive, and the directory cannot change it. There is no foreign key: the row exists before the account's.

    `next_part` is the first of the archive's parts that has not been imported. `held_back_parts` have rows of which
    values are written last.
    """

    __tablename__ = "account_imports"

    account_id: str = key_column()
    archive_id: UUID = Field(sa_type=IDENTIFIER)
    started_at: datetime = Field(sa_type=TIMESTAMPTZ)
    next_part: int = 0
    held_back_parts: list[int] = Field(default_factory=list, sa_type=ARRAY(Integer))
    indexes: bool = False
    """Whether all rows are there, and their messages are being indexed for the search."""
