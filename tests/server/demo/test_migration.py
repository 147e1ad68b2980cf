"""Revision 0003 drops the table of the demo's items, and its downgrade restores the table of revision 0002."""

import asyncio

from alembic import command
from alembic.config import Config
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from server.postgres.database import single_connection
from server.postgres.migrate import SCRIPTS
from tests.support.databases import empty_database

COLUMNS = """
    SELECT column_name, data_type, udt_name, character_maximum_length, is_nullable
      FROM information_schema.columns WHERE table_name = 'demo_items' ORDER BY ordinal_position
"""
CONSTRAINTS = """
    SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint
     WHERE conrelid = 'demo_items'::regclass ORDER BY conname
"""
ACCOUNT = """
    INSERT INTO accounts (account_id, name, created_at, chat_enabled, enabled_roles, card_preview,
                          email_contents, who_creates_private, who_creates_announcement)
    VALUES ('1', 'Conversa Labs', now(), true, '{AGENT,ADMINISTRATOR}', 'CHANNEL', false, 'EVERYONE', 'EVERYONE')
"""
ITEM = "INSERT INTO demo_items VALUES ('1', 'DEAL', '77', 'Renewal', NULL, NULL, '{}', '{}', false)"


def config(url: str) -> Config:
    config = Config()
    config.set_main_option("script_location", str(SCRIPTS))
    config.set_main_option("sqlalchemy.url", url.replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return config


async def definition(connection: AsyncConnection) -> list[tuple[object, ...]]:
    return [tuple(row) for query in (COLUMNS, CONSTRAINTS) for row in await connection.execute(text(query))]


async def test_the_table_is_dropped_with_its_rows_and_restored_empty(database_url: str) -> None:
    url = await empty_database(database_url, "demo_migration")
    await asyncio.to_thread(command.upgrade, config(url), "0002")
    async with single_connection(url) as connection:
        original = await definition(connection)
        await connection.execute(text(ACCOUNT))
        await connection.execute(text(ITEM))

        await asyncio.to_thread(command.upgrade, config(url), "0003")
        assert await connection.scalar(text("SELECT to_regclass('demo_items')")) is None
        assert await connection.scalar(text("SELECT count(*) FROM accounts")) == 1

        await asyncio.to_thread(command.downgrade, config(url), "0002")
        assert await definition(connection) == original
        assert await connection.scalar(text("SELECT count(*) FROM demo_items")) == 0
