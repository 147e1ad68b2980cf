"""Writing the rows of a part into their table.

Some values are held back until the import is complete (`transfer.tables.HELD_BACK`). The rows have other values until
then.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path

from asyncpg import Connection

from transfer.manifest import Part
from transfer.row_lines import Row, read_part
from transfer.tables import ExportedTable


class _HeldBack:
    """What is held back of the rows of a table."""

    def __init__(self, table: ExportedTable) -> None:
        names = table.column_names
        self._replacements = {names.index(column): value for column, value in table.held_back.items()}

    @property
    def places(self) -> list[int]:
        """The places of the columns of which values can be held back."""
        return list(self._replacements)

    def of(self, row: Row) -> Mapping[int, object]:
        """Returns the values to write instead, by their places."""
        return {place: value for place, value in self._replacements.items() if row[place] != value}


async def load_part(connection: Connection, folder: Path, table: ExportedTable, part: Part) -> bool:
    """Returns whether values are held back. Must be called in a transaction. Raises TransferFailed."""
    held_back = _HeldBack(table)
    found = False

    def rows() -> Iterator[Row]:
        nonlocal found
        for row in read_part(folder, table, part):
            replaced = held_back.of(row)
            found = found or bool(replaced)
            yield [replaced.get(place, value) for place, value in enumerate(row)] if replaced else row

    await connection.copy_records_to_table(table.name, records=rows(), columns=table.column_names)
    return found


async def restore_part(connection: Connection, folder: Path, table: ExportedTable, part: Part) -> None:
    """Writes the values that were held back. Must be called in a transaction. Raises TransferFailed."""
    held_back = _HeldBack(table)
    names = table.column_names
    key = ["account_id", *(column.name for column in table.key)]
    changed = [names[place] for place in held_back.places]
    places = [names.index(name) for name in [*key, *changed]]
    rows = ([row[place] for place in places] for row in read_part(folder, table, part) if held_back.of(row))
    selected = ", ".join(f'"{name}"' for name in [*key, *changed])
    await connection.execute(
        f"CREATE TEMPORARY TABLE held_back ON COMMIT DROP AS SELECT {selected} FROM {table.name} WITH NO DATA"  # noqa: S608
    )
    await connection.copy_records_to_table("held_back", records=rows, columns=[*key, *changed])
    values = ", ".join(f'"{name}" = held_back."{name}"' for name in changed)
    condition = " AND ".join(f'{table.name}."{name}" = held_back."{name}"' for name in key)
    await connection.execute(f"UPDATE {table.name} SET {values} FROM held_back WHERE {condition}")  # noqa: S608
    await connection.execute("DROP TABLE held_back")
