"""The column types that every table shares, so that a fact is stored one way."""

from enum import StrEnum
from typing import Any

from sqlalchemy import ARRAY, CheckConstraint, DateTime, Enum, Text
from sqlalchemy.dialects.postgresql import UUID
from sqlmodel import Field, SQLModel

# Stable names let a migration speak of a constraint, and let the models be compared with the database.
SQLModel.metadata.naming_convention = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(referred_table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}

TIMESTAMPTZ = DateTime(timezone=True)
IDENTIFIER = UUID(as_uuid=True)
TEXT_ARRAY = ARRAY(Text)
# Compared byte by byte whatever the server's locale: a keyset page must not depend on where it runs.
SORTABLE = Text(collation="C")


def enum_text(enum: type[StrEnum]) -> Enum:
    """Text that holds one of the enum's words; the CHECK beside it comes from `one_of`."""
    return Enum(enum, native_enum=False, create_constraint=False, length=32)


def enum_check(column: str, enum: type[StrEnum]) -> CheckConstraint:
    allowed = ", ".join(f"'{word}'" for word in enum)
    return CheckConstraint(f"{column} IN ({allowed})", name=column)


def key(sql_type: Any = Text) -> Any:
    """A part of the primary key. Declared account first in every table, so that rows can be spread by account."""
    return Field(primary_key=True, sa_type=sql_type)
