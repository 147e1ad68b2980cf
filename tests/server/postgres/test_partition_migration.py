"""Revision 0014 makes the tables of changes the first partitions of partitioned ones."""

import asyncio
from datetime import date, timedelta

import pytest
from alembic import command
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from server.postgres.database import single_connection
from tests.server.demo.test_migration import config
from tests.support.databases import empty_database

FILL = (
    "INSERT INTO account_clocks (account_id, change, access_version) VALUES ('1', 3, 0)",
    """INSERT INTO changes (account_id, change, kind, created_at)
       SELECT '1', number, 'MEMBERS_COUNTED', now() - interval '4 days' + number * interval '1 day'
         FROM generate_series(1, 3) AS number""",
    "INSERT INTO changed_agents (account_id, change, agent_id) VALUES ('1', 1, 'ana'), ('1', 3, 'bruno')",
)
BY_OLD_SERVER = "INSERT INTO changes (account_id, change, kind, created_at) VALUES ('1', 4, 'MEMBERS_COUNTED', now())"
CHANGES = "SELECT account_id, change, kind, created_at FROM changes ORDER BY change"
AGENTS = "SELECT account_id, change, agent_id FROM changed_agents ORDER BY change"
PLACES = "SELECT change, CAST(tableoid::regclass AS text) FROM changes ORDER BY change"


async def _rows(connection: AsyncConnection, *queries: str) -> list[list[tuple[object, ...]]]:
    return [[tuple(row) for row in await connection.execute(text(query))] for query in queries]


@pytest.mark.parametrize("interrupted", [False, True])
async def test_the_rows_stay_where_they_are(database_url: str, *, interrupted: bool) -> None:
    url = await empty_database(database_url, f"partition_migration_{interrupted}")
    await asyncio.to_thread(command.upgrade, config(url), "0013")
    async with single_connection(url) as connection:
        for statement in FILL:
            await connection.execute(text(statement))
        if interrupted:
            # As left by a migration that ended the day before, while it built the keys.
            for table in ("changes", "changed_agents", "account_clocks"):
                await connection.execute(
                    text(f"ALTER TABLE {table} ADD COLUMN day date NOT NULL DEFAULT current_date - 1")
                )
            await connection.execute(text("CREATE INDEX changes_by_day ON changes (account_id)"))
        before = await _rows(connection, CHANGES, AGENTS)

        await asyncio.to_thread(command.upgrade, config(url), "0014")
        assert await _rows(connection, CHANGES, AGENTS) == before
        today = (await connection.execute(text("SELECT (now() AT TIME ZONE 'UTC')::date"))).scalar_one()
        await connection.execute(text(BY_OLD_SERVER))
        ((places), (days), (clocks)) = await _rows(
            connection,
            PLACES,
            "SELECT DISTINCT day FROM changes WHERE change < 4",
            "SELECT day FROM account_clocks",
        )
        assert {place for _, place in places} == {f"changes_{today:%Y%m%d}"}
        written: date = today - timedelta(days=1) if interrupted else today
        assert days == clocks == [(written,)]

        await asyncio.to_thread(command.downgrade, config(url), "0013")
        ((*kept, last), agents) = await _rows(connection, CHANGES, AGENTS)
        assert [kept, agents] == before
        assert last[1] == 4
