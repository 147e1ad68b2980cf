"""Databases beside the run's own, on the same PostgreSQL."""

import asyncio

from sqlalchemy import make_url, text

from server.addresses import async_url
from server.postgres.database import single_connection
from server.postgres.migrate import upgrade


async def empty_database(database_url: str, name: str) -> str:
    """Creates a database and returns its URL. Its name begins with that of the test process's own database."""
    name = f"{make_url(database_url).database}_{name}"
    async with single_connection(database_url) as connection:
        await connection.execute(text(f'CREATE DATABASE "{name}"'))
    return make_url(async_url(database_url)).set(database=name).render_as_string(hide_password=False)


async def migrated_database(database_url: str, name: str) -> str:
    url = await empty_database(database_url, name)
    await asyncio.to_thread(upgrade, url)
    return url
