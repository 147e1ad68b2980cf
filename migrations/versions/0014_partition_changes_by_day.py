"""Partition the changes and their agents by day, and keep the day of each account's last change.

The tables become the first partitions, of all days up to today. Their rows are neither copied nor rewritten. The new
keys are built while the chat is in use. After that the tables are locked for as long as it takes to read them once,
which is less than a second for three million changes.
"""

from datetime import date, timedelta

import sqlalchemy as sa
from alembic import op
from sqlalchemy.exc import DBAPIError


revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

KEYS = {"changes": "account_id, change, day", "changed_agents": "account_id, change, agent_id, day"}
INDEXES = {
    "changes": ["account_id", "channel_id", "change"],
    "changed_agents": ["account_id", "agent_id", "change"],
}
TODAY = "(now() AT TIME ZONE 'UTC')::date"
DAYS_AHEAD = 7
LOCK_ATTEMPTS = 20
LOCK_FAILURES = {"40P01", "55P03"}


def upgrade() -> None:
    today: date = op.get_bind().execute(sa.text(f"SELECT {TODAY}")).scalar_one()
    _add_days(today)
    _build_keys()
    _lock()
    for table in KEYS:
        _make_partition(table, today)


def _add_days(today: date) -> None:
    """Adds constant columns, which rewrites no row. A migration that was interrupted has added them already. Each
    statement is a transaction: writes lock the same tables, and would cause a deadlock if one lock waited for the next.
    """
    with op.get_context().autocommit_block():
        for table in ("account_clocks", *KEYS):
            op.execute(f"ALTER TABLE {table} ADD COLUMN IF NOT EXISTS day date NOT NULL DEFAULT '{today}'")
        op.execute("ALTER TABLE account_clocks ALTER COLUMN day SET DEFAULT '-infinity'")


def _build_keys() -> None:
    with op.get_context().autocommit_block():
        for table, columns in KEYS.items():
            op.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {table}_by_day")
            op.execute(f"CREATE UNIQUE INDEX CONCURRENTLY {table}_by_day ON {table} ({columns})")


def _lock() -> None:
    """Locks both tables, and tries it again if that takes long or causes a deadlock with a read or write."""
    for attempt in range(1, LOCK_ATTEMPTS + 1):
        try:
            with op.get_bind().begin_nested():
                op.execute("SET LOCAL lock_timeout = '3s'")
                op.execute("LOCK TABLE changes, changed_agents IN ACCESS EXCLUSIVE MODE")
            return
        except DBAPIError as error:
            if attempt == LOCK_ATTEMPTS or getattr(error.orig, "sqlstate", None) not in LOCK_FAILURES:
                raise


def _make_partition(table: str, today: date) -> None:
    """Replaces the table by a partitioned one of which it is the first partition."""
    index, first = "_".join(INDEXES[table]), f"{table}_{today:%Y%m%d}"
    op.execute(f"ALTER TABLE {table} DROP CONSTRAINT pk_{table}")
    op.execute(f"ALTER TABLE {table} RENAME TO {first}")
    op.execute(f"ALTER TABLE {first} ADD CONSTRAINT {first}_pkey PRIMARY KEY USING INDEX {table}_by_day")
    op.execute(f"ALTER INDEX ix_{table}_{index} RENAME TO {first}_{index}_idx")
    op.execute(f"ALTER TABLE {first} ALTER COLUMN day SET DEFAULT {TODAY}")
    op.execute(
        f"CREATE TABLE {table} (LIKE {first} INCLUDING DEFAULTS INCLUDING CONSTRAINTS,"
        f" CONSTRAINT pk_{table} PRIMARY KEY ({KEYS[table]})) PARTITION BY RANGE (day)"
    )
    op.create_index(f"ix_{table}_{index}", table, INDEXES[table])
    tomorrow = today + timedelta(days=1)
    op.execute(f"ALTER TABLE {table} ATTACH PARTITION {first} FOR VALUES FROM (MINVALUE) TO ('{tomorrow}')")
    op.execute(f"CREATE TABLE {table}_default PARTITION OF {table} DEFAULT")
    for ahead in range(1, DAYS_AHEAD + 1):
        day = today + timedelta(days=ahead)
        end = day + timedelta(days=1)
        op.execute(f"CREATE TABLE {table}_{day:%Y%m%d} PARTITION OF {table} FOR VALUES FROM ('{day}') TO ('{end}')")


def downgrade() -> None:
    """Copies the rows."""
    for table, columns in KEYS.items():
        index = "_".join(INDEXES[table])
        op.execute(f"ALTER TABLE {table} RENAME TO {table}_partitioned")
        op.execute(f"ALTER INDEX ix_{table}_{index} RENAME TO {table}_partitioned_idx")
        op.execute(f"ALTER TABLE {table}_partitioned RENAME CONSTRAINT pk_{table} TO {table}_partitioned_pkey")
        op.execute(
            f"CREATE TABLE {table} (LIKE {table}_partitioned INCLUDING CONSTRAINTS,"
            f" CONSTRAINT pk_{table} PRIMARY KEY ({columns.removesuffix(', day')}))"
        )
        op.execute(f"INSERT INTO {table} SELECT * FROM {table}_partitioned")
        op.execute(f"ALTER TABLE {table} DROP COLUMN day")
        op.create_index(f"ix_{table}_{index}", table, INDEXES[table])
        op.execute(f"DROP TABLE {table}_partitioned")
    op.drop_column("account_clocks", "day")
