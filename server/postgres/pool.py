"""The connection pool, in which every wait is limited.

A connection can die without any notice, as in a failover behind a firewall or when a host loses its power. TCP takes
minutes to detect that, and each connection of the pool would make another request wait for it.
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
"""How long a request waits for a free connection."""

CONNECT_SECONDS = 5.0
PING_SECONDS = 2.0
STATEMENT_SECONDS = 10.0
"""Longer than any statement takes, including the longest wait for a lock."""

LOCK_TIMEOUT = "5s"
"""How long a write waits for a row lock before it is retried."""

IDLE_TIMEOUT = "10s"
"""How long a transaction may be idle before PostgreSQL ends it and releases its locks: a client that lost its network
could hold them for hours. The chat's transactions do nothing between statements, so they are never idle for long."""


@dataclass(frozen=True)
class ConnectionPool:
    """One pool with two kinds of sessions: transactions for writes, and autocommit for reads, which saves a BEGIN and a
    ROLLBACK per statement."""

    engine: AsyncEngine

    @classmethod
    def at(cls, database_url: str) -> "ConnectionPool":
        settings = {
            "application_name": "internal-chat",
            "idle_in_transaction_session_timeout": IDLE_TIMEOUT,
            "jit": "off",
            "lock_timeout": LOCK_TIMEOUT,
            # Statements are prepared. A plan made for the values of an account that the statistics do not know yet
            # expects one row for it, and may read all of its messages by an index that begins with the account.
            "plan_cache_mode": "force_generic_plan",
        }
        engine = create_async_engine(
            async_url(database_url),
            pool_size=SIZE,
            max_overflow=SIZE,
            pool_timeout=WAIT_SECONDS,
            hide_parameters=True,  # the texts of errors are logged, and must not contain messages
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
    """Pings the connection before each use. If it does not answer, all connections of the same age are replaced.
    `pool_pre_ping` would wait for each of them in turn."""
    try:
        connection.run_async(_select_1)
    except Exception as error:
        raise InvalidatePoolError from error


class _Driver(Protocol):
    """The part of asyncpg's connection that is used here. asyncpg ships no types."""

    async def execute(self, query: str) -> str: ...


async def _select_1(connection: _Driver) -> None:
    async with asyncio.timeout(PING_SECONDS):
        await connection.execute("SELECT 1")
