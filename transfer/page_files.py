"""Writing a page of rows into a file of the archive."""

from pathlib import Path

from asyncpg import Connection

from transfer.journal import Page
from transfer.manifest import part_file
from transfer.new_file import NewFile
from transfer.pages import MODULUS, Key, Range, read_rows
from transfer.tables import ExportedTable
from transfer.values import JsonValue, encode, json_value


async def write_page(
    connection: Connection,
    account_id: str,
    folder: Path,
    table: ExportedTable,
    range_: Range,
    number: int,
    limit: int | None = None,
) -> Page:
    """Writes the rows of the range, or the first of them. If there are fewer than the limit, the page has the bound of
    the range. A page without rows has no file."""
    rows = total = 0
    key: Key = ()
    async with connection.transaction():
        with NewFile(folder / part_file(table.name, number)) as file:
            async for fetched in read_rows(connection, account_id, table, range_, limit):
                for record in fetched:
                    row = dict(zip(table.column_names, record, strict=False))
                    file.write(encode(row))
                    total += record[-1]
                rows += len(fetched)
                key = _key(table, row)
            if rows == 0:
                file.discard()
    return Page(
        table=table.name,
        number=number,
        after=range_.after,
        upto=key if rows == limit else range_.upto,
        rows=rows,
        fingerprint=total % MODULUS,
        byte_size=file.byte_size,
        sha256=file.sha256.hex(),
    )


def _key(table: ExportedTable, row: dict[str, object]) -> list[JsonValue]:
    return [json_value(row[column.name]) for column in table.key]
