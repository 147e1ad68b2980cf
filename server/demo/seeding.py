"""Writing the demo, once and whole."""

from datetime import UTC, datetime

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, async_sessionmaker, create_async_engine
from sqlalchemy.pool import NullPool

from server.demo.companies import COMPANIES
from server.demo.player import Player
from server.demo.timeline import SAO_PAULO, cues, moment_of
from server.settings import async_url

_SEEDED = text("SELECT EXISTS (SELECT FROM accounts WHERE account_id = '1')")
_ONE_AT_A_TIME = text("SELECT pg_advisory_xact_lock(hashtextextended('internal-chat demo', 0))")


async def seed(database_url: str) -> None:
    """Writes the demo where account "1" is not there yet; else one statement finds that there is nothing to do.

    The whole demo is one transaction: the operations' sessions all join the one of this connection, and their
    commits are for it to keep. So account "1" is seen only together with everything else, a crash leaves nothing
    behind, and of two that seed at once the second finds it done.
    """
    engine = create_async_engine(async_url(database_url), poolclass=NullPool)
    try:
        async with engine.begin() as connection:
            if await connection.scalar(_SEEDED):
                return
            await connection.execute(_ONE_AT_A_TIME)
            if not await connection.scalar(_SEEDED):
                await _play(connection, datetime.now(UTC))
    finally:
        await engine.dispose()


async def _play(connection: AsyncConnection, now: datetime) -> None:
    sessions = async_sessionmaker(connection, expire_on_commit=False)
    today = now.astimezone(SAO_PAULO).replace(hour=0, minute=0, second=0, microsecond=0)
    for company in COMPANIES:
        player = Player(sessions, company, moment_of(company.founded, today))
        await player.found()
        await player.play(cues(company, today))
