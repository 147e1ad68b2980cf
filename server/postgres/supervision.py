"""Keeps the embedded PostgreSQL running beside a server of the chat.

Every server that uses a data directory does this, and EmbeddedPostgres lets only one of them restart the database.
Commands do not: they use it for a moment, and report a failure.
"""

import asyncio

import structlog

from server.postgres.embedded import EmbeddedPostgres

CHECK_SECONDS = 0.2
"""How often the database is checked. A check reads two small files."""

log = structlog.get_logger(__name__)


async def keep_running(server: EmbeddedPostgres) -> None:
    """Restarts the server whenever it has ended. Runs until it is cancelled. Raises EmbeddedPostgresError if the server
    does not start."""
    while True:
        await asyncio.sleep(CHECK_SECONDS)
        # In a thread, because starting it takes up to a minute.
        if await asyncio.to_thread(server.restart_if_ended):
            log.warning("embedded_postgres_restarted")
