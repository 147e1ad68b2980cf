"""Reading the rows of a part of an archive, and checking each value."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import orjson

from transfer.errors import TransferFailed
from transfer.manifest import Part
from transfer.tables import ExportedColumn, ExportedTable

Row = Sequence[object]
"""The values of a row as the driver takes them, in the order of the table's columns."""


def read_part(folder: Path, table: ExportedTable, part: Part) -> Iterator[Row]:
    """Raises TransferFailed, with the number of the line, for one that is not a row of the table."""
    with (folder / part.file).open("rb") as lines:
        for number, line in enumerate(lines, 1):
            try:
                yield _row(table, line)
            except ValueError as error:
                raise TransferFailed(f"{folder / part.file}, line {number}: {error}.") from None


def _row(table: ExportedTable, line: bytes) -> Row:
    try:
        row = orjson.loads(line)
    except orjson.JSONDecodeError as error:
        raise ValueError(f"it is not JSON: {error}") from None
    if not isinstance(row, dict):
        raise ValueError("it is not a JSON object")
    if row.keys() != set(table.column_names):
        different = ", ".join(sorted(row.keys() ^ set(table.column_names)))
        raise ValueError(f"it does not have the columns of {table.name}: {different}")
    return [_value(column, row[column.name]) for column in table.columns]


def _value(column: ExportedColumn, value: Any) -> object:
    if value is None and column.is_optional:
        return None
    if type(value) is not column.form.json_type:
        raise ValueError(f"the value of {column.name} has the wrong type")
    try:
        return column.form.decode(value)
    except ValueError:
        raise ValueError(f"the value of {column.name} is invalid") from None
