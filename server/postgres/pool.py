"""The connections to PostgreSQL, none of which anybody waits for without end.

A connection can die without a word: a failover behind a firewall, a host that lost its power. TCP takes minutes to
notice, and each connection of the pool would have to be found dead by somebody who waits for it.
"""

import asyncio
from dataclasses import dataclass
from typing import Protocol

from sqlalchemy import event
from sqlalchemy.dialects.postgresql.asyncpg import AsyncAdapt_asyncpg_connection
from sqlalchemy.exc import InvalidatePoolError
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker, create_async_engine

from loaders.batches import Sessions
from server.settings import async_url

SIZE = 20
WAIT_SECONDS = 10.0
"""For a free connection."""

CONNECT_SECONDS = 5.0
PING_SECONDS = 2.0
STATEMENT_SECONDS = 10.0
"""More than any statement of ours takes, the longest wait for a lock included."""

LOCK_TIMEOUT = "5s"
"""How long a write waits for a row before it starts over."""

IDLE_TIMEOUT = "10s"
"""After which PostgreSQL takes back the locks of a transaction from which it hears nothing: whoever holds them may be
out of its reach for hours. Nothing but statements happens in a transaction of ours."""


@dataclass(frozen=True)
class ConnectionPool:
    """One pool, two ways to use it: transactions for writes; for reads, statements that stand by themselves, which
    saves a BEGIN and a ROLLBACK around each."""

    engine: AsyncEngine

    @classmethod
    def at(cls, database_url: str) -> "ConnectionPool":
        settings = {
            "application_name": "internal-chat",
            "idle_in_transaction_session_timeout": IDLE_TIMEOUT,
            "jit": "off",
            "lock_timeout": LOCK_TIMEOUT,
        }
        engine = create_async_engine(
            async_url(database_url),
            pool_size=SIZE,
            max_overflow=SIZE,
            pool_timeout=WAIT_SECONDS,
            hide_parameters=True,  # an error's text is logged, and what people wrote is not
            connect_args={
                "server_settings": settings,
                "timeout": CONNECT_SECONDS,
                "command_timeout": STATEMENT_SECONDS,
            },
        )
        event.listen(engine.sync_engine, "checkout", _ping)
        return cls(engine)

    @property
    def writes(self) -> async_sessionmaker[AsyncSession]:
        return async_sessionmaker(self.engine, expire_on_commit=False)

    @property
    def reads(self) -> Sessions:
        return async_sessionmaker(
            self.engine.execution_options(isolation_level="AUTOCOMMIT"), expire_on_commit=False, autoflush=False
        )


def _ping(connection: AsyncAdapt_asyncpg_connection, _record: object, _proxy: object) -> None:
    """Asks before each use. Where one connection does not answer, all of its age are suspect: they are made anew
    instead of being waited for one by one, as `pool_pre_ping` would."""
    try:
        connection.run_async(_answer)
    except Exception as error:
        raise InvalidatePoolError from error


class _Driver(Protocol):
    """The part of asyncpg's connection that is used here; asyncpg ships no types."""

    async def execute(self, query: str) -> str: ...


async def _answer(connection: _Driver) -> None:
    async with asyncio.timeout(PING_SECONDS):
        await connection.execute("SELECT 1")
