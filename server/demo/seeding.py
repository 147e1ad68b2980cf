"""Writes the demo to a database, once and completely."""

from datetime import UTC, datetime

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, async_sessionmaker, create_async_engine
from sqlalchemy.pool import NullPool

from server.demo.loading import load_accounts, load_items
from server.demo.player import Player
from server.demo.timeline import midnight_before, steps
from server.settings import async_url
from sources.config import DEMO_SOURCES
from sources.registry import build_sources

_SEEDED = text("SELECT EXISTS (SELECT FROM accounts WHERE account_id = '1')")
_ONE_AT_A_TIME = text("SELECT pg_advisory_xact_lock(hashtextextended('internal-chat demo', 0))")


async def seed(database_url: str) -> None:
    """Writes the demo unless account "1" exists.

    The whole demo is one transaction: the sessions of the operations join the connection's transaction, and their
    commits do not end it. So account "1" becomes visible together with everything else, and a crash leaves nothing
    behind. Of two processes that seed at the same time, the second waits and then finds account "1".
    """
    engine = create_async_engine(async_url(database_url), poolclass=NullPool)
    try:
        async with engine.begin() as connection:
            if await connection.scalar(_SEEDED):
                return
            await connection.execute(_ONE_AT_A_TIME)
            if not await connection.scalar(_SEEDED):
                await write_demo(connection, datetime.now(UTC))
    finally:
        await engine.dispose()


async def write_demo(connection: AsyncConnection, now: datetime) -> None:
    """Writes all accounts of the demo, whose last events are on the day before `now`. Raises ContentError."""
    sessions = async_sessionmaker(connection, expire_on_commit=False)
    sources = build_sources(DEMO_SOURCES, load_items())
    midnight = midnight_before(now)
    for account in load_accounts():
        player = Player(sessions, account.directory, sources, midnight + account.directory.founded)
        await player.found()
        await player.play(steps(account, midnight))
