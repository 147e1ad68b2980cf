"""`internal-chat worker`: sends e-mails, without serving the chat."""

import asyncio
import signal
from collections.abc import Mapping

from server.background import BackgroundParts, Part
from server.clock import SystemClock
from server.email import email_worker
from server.postgres.pool import ConnectionPool
from server.settings import Settings

DATABASE_CONNECTIONS = 16
"""The size of the connection pool. One account can use a quarter of it for statements: one connection for each of the
e-mails that are sent at the same time."""


async def work_until_stopped(settings: Settings, database_url: str, database_parts: Mapping[str, Part]) -> None:
    """Sends e-mails until SIGINT or SIGTERM, and then waits a few seconds for the answers of the mail server. The
    settings must have one."""
    pool = ConnectionPool(database_url, DATABASE_CONNECTIONS)
    worker = email_worker(settings, pool, SystemClock())
    assert worker is not None, "there is no mail server"
    stopped = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stopped.set)
    async with pool.opened(), BackgroundParts({"emails": worker.run, **database_parts}).started():
        await stopped.wait()
