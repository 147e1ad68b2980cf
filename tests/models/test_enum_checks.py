"""A value that is added to an enum must be added to the CHECK constraints of its columns by a migration."""

import re

from sqlalchemy import Enum, text

from models import metadata
from tests.support.api import Api

COLUMNS = {
    (table.name, column.name): set(column.type.enums)
    for table in metadata.tables.values()
    for column in table.columns
    if isinstance(column.type, Enum)
}
CONSTRAINTS = text("SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint WHERE contype = 'c'")


async def test_the_database_accepts_exactly_the_values_of_each_enum(api: Api) -> None:
    async with api.engine.connect() as connection:
        definitions = {row.conname: row.pg_get_constraintdef for row in await connection.execute(CONSTRAINTS)}
    accepted = {
        (table, column): set(re.findall(r"'(\w+)'::", definitions[f"ck_{table}_{column}"])) for table, column in COLUMNS
    }
    assert accepted == COLUMNS
    assert len(COLUMNS) >= 10
