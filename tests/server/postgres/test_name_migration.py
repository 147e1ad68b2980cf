"""Revision 0007 cleans the stored names, and folds again those that are searched."""

import asyncio

from alembic import command
from sqlalchemy import text

from server.postgres.database import single_connection
from tests.server.demo.test_migration import ACCOUNT, config
from tests.support.databases import empty_database

AGENTS = """
    INSERT INTO agents (account_id, agent_id, name, sort_name, role, active, send_key)
    SELECT '1', 'agent-' || lpad(place::text, 4, '0'), name, 'old', 'AGENT', true, 'ENTER'
      FROM unnest(CAST(:names AS text[])) WITH ORDINALITY AS given (name, place)
"""
CHANNELS = """
    INSERT INTO channels (account_id, channel_id, kind, name, sort_name, last_seq, post_count, member_count,
                          created_by, created_at, last_activity_at)
    SELECT '1', gen_random_uuid(), 'PUBLIC', name, 'old', 0, 0, 0, 'agent-0001', now(), now()
      FROM unnest(CAST(:names AS text[])) AS given (name)
"""
READ = "SELECT name, sort_name FROM {} ORDER BY name"
NAMES = {
    "Işık": ("Işık", "isik"),
    "𝓐𝓷𝓪": ("𝓐𝓷𝓪", "ana"),
    "D’Arcy": ("D’Arcy", "d'arcy"),
    "gene\u200bral": ("general", "general"),
    "\ufeffBia\uffff": ("Bia", "bia"),
    "👩‍💻 dev": ("👩‍💻 dev", "👩💻 dev"),
    "می‌خواهم": ("می‌خواهم", "میخواهم"),
}


async def test_stored_names_are_cleaned_and_folded(database_url: str) -> None:
    url = await empty_database(database_url, "name_migration")
    await asyncio.to_thread(command.upgrade, config(url), "0008")
    many = {f"Ana {number}\u200b": (f"Ana {number}", f"ana {number}") for number in range(2_100)}
    async with single_connection(url) as connection:
        await connection.execute(text(ACCOUNT))
        await connection.execute(text(AGENTS), {"names": [*NAMES, *many]})
        await connection.execute(text(AGENTS.replace("'agent-'", "'invisible-'")), {"names": ["\u200b\u202e"]})
        await connection.execute(text(CHANNELS), {"names": [*NAMES]})
        await connection.execute(
            text("INSERT INTO teams (account_id, team_id, name) VALUES ('1', 't', E'Te\\u200Bam')")
        )

        await asyncio.to_thread(command.upgrade, config(url), "0009")
        channels = [tuple(row) for row in await connection.execute(text(READ.format("channels")))]
        assert sorted(channels) == sorted(NAMES.values())
        agents = [tuple(row) for row in await connection.execute(text(READ.format("agents")))]
        invisible = ("invisible-0001", "invisible-0001")
        assert sorted(agents) == sorted([*NAMES.values(), *many.values(), invisible])
        assert await connection.scalar(text("SELECT name FROM teams")) == "Team"

        await asyncio.to_thread(command.downgrade, config(url), "0008")
        assert await connection.scalar(text("SELECT count(*) FROM agents")) == len(NAMES) + len(many) + 1
