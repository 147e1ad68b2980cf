"""An archive has every table, except those that are listed with a reason."""

import pytest
from sqlalchemy import Interval

from models import metadata
from transfer.tables import (
    CONDITIONS,
    EXPRESSIONS,
    FILE_COLUMNS,
    HELD_BACK,
    IMPORTED_LAST,
    LEFT_OUT,
    exported_tables,
)
from transfer.values import form_of

EXPORTED = {table.name: table for table in exported_tables()}
OTHER_KEYS = {("messages", "client_key"), ("agents", "send_key")}
"""Columns that are called keys and have none of a stored file."""


@pytest.mark.parametrize("name", sorted(metadata.tables))
def test_a_table_is_either_exported_or_left_out_for_a_reason(name: str) -> None:
    assert (name in EXPORTED) != (name in LEFT_OUT)
    assert name in EXPORTED or LEFT_OUT[name].endswith(".")


@pytest.mark.parametrize("name", sorted(EXPORTED))
def test_every_column_of_a_table_is_exported(name: str) -> None:
    assert EXPORTED[name].column_names == [column.name for column in metadata.tables[name].columns]


def test_only_existing_tables_are_left_out() -> None:
    assert LEFT_OUT.keys() <= metadata.tables.keys()


def test_the_rules_are_about_exported_columns() -> None:
    held_back = {(table, column) for table, columns in HELD_BACK.items() for column in columns}
    files = {(file.table, file.column) for file in FILE_COLUMNS}
    for table, column in {*EXPRESSIONS, *held_back, *files}:
        assert column in EXPORTED[table].column_names
    assert {*CONDITIONS, *IMPORTED_LAST} <= EXPORTED.keys()


def test_every_column_with_keys_of_files_is_known() -> None:
    """A new one must be listed in FILE_COLUMNS, or its files would be missing in an archive."""
    keys = {
        (table.name, column.name)
        for table in map(metadata.tables.__getitem__, EXPORTED)
        for column in table.columns
        if column.name.endswith("_key")
    }
    assert keys - OTHER_KEYS == {(file.table, file.column) for file in FILE_COLUMNS}


def test_tables_come_after_those_that_they_refer_to() -> None:
    """No table refers to itself: the import could write a row before the one that it refers to."""
    names = list(EXPORTED)
    for name in names:
        referred = {key.column.table.name for key in metadata.tables[name].foreign_keys}
        assert all(names.index(other) < names.index(name) for other in referred)


def test_a_column_of_an_unknown_type_is_reported() -> None:
    with pytest.raises(TypeError, match="Interval"):
        form_of(Interval())
