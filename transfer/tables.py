"""The tables of an archive. They follow from the metadata, so a new table or column is exported and imported too,
unless it is listed here."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType

from sqlalchemy import Column, Table

from models import metadata
from transfer.values import Form, form_of

LEFT_OUT: Mapping[str, str] = MappingProxyType(
    {
        "account_imports": "It is the progress of an import.",
        "changed_agents": "See changes.",
        "changes": "Streams cannot resume on another server. They answer RESYNC_REQUIRED, and clients fetch again.",
        "emails": "What was sent is not needed, and what waits would be sent twice.",
        "search_backfills": "The import indexes all messages.",
        "search_entries": "The import indexes all messages.",
        "unused_files": "The files are not exported, so they need not be deleted.",
    }
)
"""The tables that an archive does not have, and why."""

CONDITIONS: Mapping[str, str] = MappingProxyType({"attachments": "message_id IS NOT NULL"})
"""Which rows are exported: of the files, those that were sent."""

EXPRESSIONS: Mapping[tuple[str, str], str] = MappingProxyType(
    {
        # The old server sends the e-mails that wait.
        ("notifications", "email_state"): (
            "CASE WHEN email_state IN ('WAITING', 'POSTPONED') THEN 'TAKEN_BACK' ELSE email_state END"
        ),
        # Nobody is connected to the new server yet.
        ("presences", "connected_until"): "NULL::timestamptz",
    }
)
"""The columns that are exported with another value than the stored one."""

HELD_BACK: Mapping[str, Mapping[str, object]] = MappingProxyType(
    {
        "accounts": {"chat_enabled": False, "message_retention_days": None},
        "agents": {"active": False},
        "channels": {"retention_days": None},
    }
)
"""The columns that have these values until the import is complete, so that nobody can use the account before, and no
server removes old messages while the rows that refer to them are being written."""

IMPORTED_LAST = ("account_clocks", "pending_activations")
"""The tables whose rows are written when the import is complete: without them, no server works on the account."""


@dataclass(frozen=True)
class FileColumn:
    """A column with keys of stored files, and the columns with what is known about them."""

    table: str
    column: str
    byte_size: str | None = None
    sha256: str | None = None


FILE_COLUMNS = (
    FileColumn("attachments", "storage_key", "byte_size", "sha256"),
    FileColumn("attachments", "thumbnail_key"),
    FileColumn("channels", "avatar_key"),
)


@dataclass(frozen=True)
class ExportedColumn:
    name: str
    form: Form
    is_optional: bool
    expression: str
    """The SQL expression for the exported value."""


@dataclass(frozen=True)
class ExportedTable:
    name: str
    columns: Sequence[ExportedColumn]
    key: Sequence[ExportedColumn]
    """The columns of the primary key after the account."""

    @property
    def condition(self) -> str:
        return CONDITIONS.get(self.name, "true")

    @property
    def column_names(self) -> list[str]:
        return [column.name for column in self.columns]

    @property
    def held_back(self) -> Mapping[str, object]:
        return HELD_BACK.get(self.name, {})


@cache
def exported_tables() -> Sequence[ExportedTable]:
    """Returns the tables of an archive. Each comes after those that it refers to."""
    return [_exported(table) for table in metadata.sorted_tables if table.name not in LEFT_OUT]


def _exported(table: Table) -> ExportedTable:
    columns = {column.name: _exported_column(table, column) for column in table.columns}
    account, *key = (columns[column.name] for column in table.primary_key.columns)
    assert account.name == "account_id", table.name
    return ExportedTable(table.name, list(columns.values()), key)


def _exported_column(table: Table, column: Column[object]) -> ExportedColumn:
    expression = EXPRESSIONS.get((table.name, column.name), f'"{column.name}"')
    return ExportedColumn(column.name, form_of(column.type), bool(column.nullable), expression)
