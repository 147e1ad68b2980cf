"""Runs the migrations against PostgreSQL through the same driver as the server."""

import asyncio
import re
from typing import Any

from alembic import context
from sqlalchemy import Connection
from sqlalchemy.ext.asyncio import create_async_engine

from models import metadata
from models.changes import PARTITIONED_TABLES

PARTITION = re.compile(rf"({'|'.join(PARTITIONED_TABLES)})_(\d{{8}}|default)")


def is_compared(name: str | None, type_: str, _: Any) -> bool:
    """Returns False for partitions, which the models do not have."""
    return type_ != "table" or name is None or not PARTITION.fullmatch(name)


def migrate(connection: Connection) -> None:
    context.configure(connection=connection, target_metadata=metadata, compare_type=True, include_name=is_compared)
    with context.begin_transaction():
        context.run_migrations()


async def connect_and_migrate() -> None:
    url = context.config.get_main_option("sqlalchemy.url")
    assert url is not None
    engine = create_async_engine(url)
    async with engine.connect() as connection:
        await connection.run_sync(migrate)
        await connection.commit()
    await engine.dispose()


asyncio.run(connect_and_migrate())
