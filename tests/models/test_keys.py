"""Every key and index begins with the account, so that the data can be partitioned by account."""

import pytest
from sqlalchemy import ForeignKeyConstraint, Table, UniqueConstraint

from models import metadata

TABLES = sorted(metadata.tables)


def _table(name: str) -> Table:
    return metadata.tables[name]


def _begins_with_the_account(columns: list[str]) -> bool:
    return columns[:1] == ["account_id"]


def test_the_metadata_has_the_tables() -> None:
    assert {"accounts", "agents", "channels", "members", "messages", "changes"} <= set(TABLES)


@pytest.mark.parametrize("name", TABLES)
def test_the_primary_key_begins_with_the_account(name: str) -> None:
    assert _begins_with_the_account([column.name for column in _table(name).primary_key.columns])


@pytest.mark.parametrize("name", TABLES)
def test_every_unique_key_begins_with_the_account(name: str) -> None:
    table = _table(name)
    constraints = [key for key in table.constraints if isinstance(key, UniqueConstraint)]
    keys = [[column.name for column in constraint.columns] for constraint in constraints]
    keys += [[column.name for column in index.columns] for index in table.indexes if index.unique]
    assert [key for key in keys if not _begins_with_the_account(key)] == []


@pytest.mark.parametrize("name", TABLES)
def test_every_index_begins_with_the_account(name: str) -> None:
    """No statement reads across accounts, so an index in another order would only slow down writes. The lexemes of the
    search index begin with a key of the account."""
    indexes = [[column.name for column in index.columns] for index in _table(name).indexes]
    assert [index for index in indexes if not _begins_with_the_account(index) and index != ["terms"]] == []


@pytest.mark.parametrize("name", TABLES)
def test_every_foreign_key_stays_in_the_account(name: str) -> None:
    for key in _table(name).constraints:
        if isinstance(key, ForeignKeyConstraint):
            assert _begins_with_the_account(list(key.column_keys)), key.name
            assert next(iter(key.elements)).column.name == "account_id", key.name
