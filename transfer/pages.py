"""Reading the rows of an account page by page, in the order of their keys.

The account's rows need not be known to the planner's statistics. Without sorting, the only way to the order of the keys
is the primary key: any other index that begins with the account would read all of its rows for each page.
"""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass

from asyncpg import Connection, Record

from transfer.tables import ExportedColumn, ExportedTable
from transfer.values import JsonValue

PAGE_ROWS = 20_000
FETCHED_ROWS = 500
"""How many rows are in memory at once. A message has at most 20,000 characters."""

MODULUS = 2**63

Key = Sequence[JsonValue]

SETTINGS = {"enable_sort": "off", "enable_seqscan": "off", "enable_bitmapscan": "off", "TimeZone": "UTC"}
"""The settings of the connection that pages are read with. The time zone is part of the fingerprints."""


@dataclass(frozen=True)
class Range:
    """The keys greater than `after` and at most `upto`. None: there is no bound."""

    after: Key | None
    upto: Key | None


async def read_rows(
    connection: Connection, account_id: str, table: ExportedTable, range_: Range, limit: int | None
) -> AsyncIterator[Sequence[Record]]:
    """Yields the rows in the range, or the first of them, some at a time. The last value of each row is its hash. Must
    be called in a transaction."""
    condition, values = _condition(account_id, table, range_)
    expressions = ", ".join(column.expression for column in table.columns)
    statement = (
        f"SELECT {expressions}, {_hash(table)} FROM {table.name} WHERE {condition}"  # noqa: S608
        f" ORDER BY {_order(table)} LIMIT {'ALL' if limit is None else limit}"
    )
    cursor = await connection.cursor(statement, *values)
    while rows := await cursor.fetch(FETCHED_ROWS):
        yield rows


async def fingerprint(connection: Connection, account_id: str, table: ExportedTable, range_: Range) -> tuple[int, int]:
    """Returns the number of rows in the range and their fingerprint."""
    condition, values = _condition(account_id, table, range_)
    # OFFSET keeps the planner from leaving out the order, and so from using another index.
    statement = (
        f"SELECT count(*), coalesce(sum(hash), 0) FROM (SELECT {_hash(table)} AS hash FROM {table.name}"  # noqa: S608
        f" WHERE {condition} ORDER BY {_order(table)} OFFSET 0) AS page"
    )
    rows, total = await connection.fetchrow(statement, *values)
    return rows, int(total) % MODULUS


async def count_rows(connection: Connection, account_id: str, table: ExportedTable) -> int:
    statement = f"SELECT count(*) FROM {table.name} WHERE account_id = $1 AND {table.condition}"  # noqa: S608
    return int(await connection.fetchval(statement, account_id))


def _hash(table: ExportedTable) -> str:
    """Returns an SQL expression for a hash of everything that is exported of a row."""
    return f"hashtextextended(ROW({', '.join(column.expression for column in table.columns)})::text, 0)"


def _order(table: ExportedTable) -> str:
    return ", ".join(["account_id", *_names(table.key)])


def _condition(account_id: str, table: ExportedTable, range_: Range) -> tuple[str, list[object]]:
    conditions = ["account_id = $1", table.condition]
    values: list[object] = [account_id]
    for comparison, key in ((">", range_.after), ("<=", range_.upto)):
        if key is not None:
            places = [f"${len(values) + place}" for place in range(1, len(key) + 1)]
            conditions.append(f"({', '.join(_names(table.key))}) {comparison} ({', '.join(places)})")
            values += [column.form.decode(value) for column, value in zip(table.key, key, strict=True)]
    return " AND ".join(conditions), values


def _names(columns: Sequence[ExportedColumn]) -> list[str]:
    return [f'"{column.name}"' for column in columns]
