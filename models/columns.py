"""Column types and constraints that the tables share."""

from collections.abc import Iterable
from enum import StrEnum
from typing import Any, TypeVar

from sqlalchemy import ARRAY, CheckConstraint, ColumnElement, DateTime, Enum, Text, any_, bindparam, literal_column
from sqlalchemy.dialects.postgresql import UUID
from sqlalchemy.orm import Mapped
from sqlmodel import Field, SQLModel

# Stable names let migrations refer to constraints, and let the models be compared with the database.
SQLModel.metadata.naming_convention = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(referred_table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}

Value = TypeVar("Value")
Word = TypeVar("Word", bound=StrEnum)

TIMESTAMPTZ = DateTime(timezone=True)
IDENTIFIER = UUID(as_uuid=True)
TEXT_ARRAY = ARRAY(Text)
# Compared by bytes, whatever the server's locale, so that keyset pages are the same everywhere.
SORTABLE = Text(collation="C")

ACCOUNT_ID = bindparam("account_id", type_=Text)
"""The parameter that every statement has: nothing is read across accounts."""


def enum_text(enum: type[StrEnum]) -> Enum:
    """Returns a text column type for the enum's values. `enum_check` makes the CHECK constraint for it."""
    return Enum(enum, native_enum=False, create_constraint=False, length=32)


def enum_check(column: str, enum: type[StrEnum]) -> CheckConstraint:
    allowed = ", ".join(f"'{word}'" for word in enum)
    return CheckConstraint(f"{column} IN ({allowed})", name=column)


def key_column(sql_type: Any = Text) -> Any:
    """Returns a column of the primary key. Every primary key begins with the account, so that tables can be distributed
    by account."""
    return Field(primary_key=True, sa_type=sql_type)


def is_one_of(column: Mapped[Value], parameter: str) -> ColumnElement[bool]:
    """Returns the condition that the column has one of the parameter's values. They are one array, so a statement of
    any size is prepared once, and the driver's limit of 32,767 arguments is never reached."""
    return column == any_(bindparam(parameter, type_=ARRAY(column.type)))  # type: ignore[attr-defined]


def is_one_of_members(column: Mapped[Word], words: Iterable[Word]) -> ColumnElement[bool]:
    """Returns the condition that an enum's column has one of these members, which become part of the statement."""
    return column.in_([literal_column(f"'{word}'") for word in words])
