"""The connection pool, in which every wait is limited.

A connection can die without any notice, as in a failover behind a firewall or when a host loses its power. TCP takes
minutes to detect that, and each connection of the pool would make another request wait for it. So a connection that has
been idle for a second is pinged before it is used. If it does not answer, or if a statement takes too long, all
connections that were opened before are replaced.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from time import monotonic, perf_counter
from weakref import WeakSet

import asyncpg
from asyncpg.connection import LoggedQuery
from asyncpg.exceptions import InterfaceError, InternalClientError, PostgresError
from asyncpg.pool import PoolConnectionProxy

from models.database import Connection
from server.postgres.database import driver_arguments
from server.postgres.shares import Share

SIZE = 40
WAIT_SECONDS = 10.0
"""How long a request waits for a free connection."""

CONNECT_SECONDS = 5.0
IDLE_SECONDS = 1.0
"""A connection that was used within this time is used again without a ping."""

PING_SECONDS = 2.0
CLOSE_SECONDS = 2.0
CANCEL_SECONDS = 1.0
"""How long the cancellation of a statement may take before its connection is closed."""

STATEMENT_SECONDS = 10.0
"""Longer than any statement takes, including the longest wait for a lock."""

LOCK_TIMEOUT = "5s"
"""How long a write waits for a row lock before it is retried."""

IDLE_TIMEOUT = "10s"
"""How long a transaction may be idle before PostgreSQL ends it and releases its locks: a client that lost its network
could hold them for hours. The chat's transactions only compute between statements, for less than a second
each time: the longest are those of `chat.operations.index_messages`."""

SETTINGS = {
    "application_name": "internal-chat",
    "idle_in_transaction_session_timeout": IDLE_TIMEOUT,
    "jit": "off",
    "lock_timeout": LOCK_TIMEOUT,
    # Statements are prepared. A plan made for the values of an account that the statistics do not know yet
    # expects one row for it, and may read all of its messages by an index that begins with the account.
    "plan_cache_mode": "force_generic_plan",
}
CACHED_STATEMENTS = 1_000
"""More than there are statements, so each is prepared once per connection."""

INTROSPECTED_TYPES = (
    "SELECT NULL::bigint[], NULL::boolean[], NULL::integer[], NULL::timestamptz[], NULL::uuid[], NULL::varchar[]"
)
"""The types of parameters that asyncpg looks up in the catalog once per connection. If it did this when the first
statement needs one, that request would take 10 ms longer."""

PING = "SELECT 1"
NOT_LOGGED = frozenset({PING, "BEGIN;", "COMMIT;", "ROLLBACK;"})

StatementLogger = Callable[[LoggedQuery], None]
StatementListener = Callable[[str, float], None]
"""Called when a statement has ended or failed, with its text and the seconds that it took, in the context of the task
that executed it. BEGIN, COMMIT and ROLLBACK are omitted."""


class ConnectionPool:
    """Connections that are opened when they are needed. Implements models.database.Database."""

    def __init__(self, database_url: str, size: int = SIZE, on_statement: StatementListener | None = None) -> None:
        self._database_url = database_url
        self._size = size
        self._on_statement = on_statement
        self.reads = Share(size - size // 2, WAIT_SECONDS)
        self.transactions = Share(size // 2, WAIT_SECONDS)
        self._pool: asyncpg.Pool | None = None
        self._connections: WeakSet[_PooledConnection] = WeakSet()
        self._loggers: set[StatementLogger] = set()

    @asynccontextmanager
    async def opened(self) -> AsyncIterator[None]:
        """The pool can be used inside the block. At its end, all connections are closed."""
        self._pool = await asyncpg.create_pool(
            **driver_arguments(self._database_url),
            min_size=0,
            max_size=self._size,
            init=self._add,
            setup=_ping_if_idle,
            connection_class=_PooledConnection,
            timeout=CONNECT_SECONDS,
            command_timeout=STATEMENT_SECONDS,
            statement_cache_size=CACHED_STATEMENTS,
            max_cached_statement_lifetime=0,
            server_settings=SETTINGS,
        )
        try:
            yield
        finally:
            with suppress(TimeoutError):
                async with asyncio.timeout(CLOSE_SECONDS):
                    await self._pool.close()

    @asynccontextmanager
    async def connection(self, account_id: str | None) -> AsyncIterator[Connection]:
        async with self.reads.held(account_id), self._lent() as connection:
            yield connection

    @asynccontextmanager
    async def transaction(self, account_id: str | None) -> AsyncIterator[Connection]:
        async with self.transactions.held(account_id), self._lent() as connection:
            transaction = connection.transaction()
            await transaction.start()
            try:
                yield connection
            except asyncio.CancelledError:
                # Ends the transaction. A statement may still be running.
                connection.terminate()
                raise
            except (InternalClientError, TimeoutError):
                # The connection is closed, which ends the transaction.
                raise
            except BaseException:
                with suppress(PostgresError, InterfaceError):
                    await transaction.rollback()
                raise
            await transaction.commit()

    @asynccontextmanager
    async def _lent(self) -> AsyncIterator[PoolConnectionProxy]:
        pool = self._opened_pool
        connection = await self._acquire(pool)
        try:
            yield connection
        except InternalClientError:
            # The server is closing it.
            connection.terminate()
            raise
        except TimeoutError:
            connection.terminate()
            await self._replace_connections(pool)
            raise
        finally:
            # If the caller was cancelled, asyncpg has requested that the server cancel the statement, and waits for it.
            await pool.release(connection, timeout=CANCEL_SECONDS)

    @contextmanager
    def logging(self, logger: StatementLogger) -> Iterator[None]:
        """Calls the logger after each statement that is executed on any connection while the block runs, in the context
        of the task that executed it. Pings, BEGIN, COMMIT and ROLLBACK are omitted."""
        log = _without_session_statements(logger)
        self._loggers.add(log)
        for connection in self._connections:
            connection.add_query_logger(log)
        try:
            yield
        finally:
            self._loggers.discard(log)
            for connection in self._connections:
                connection.remove_query_logger(log)

    @property
    def _opened_pool(self) -> asyncpg.Pool:
        assert self._pool is not None, "the pool is not open"
        return self._pool

    async def _add(self, connection: "_PooledConnection") -> None:
        """Initializes a new connection."""
        await connection.fetch(INTROSPECTED_TYPES)
        connection.on_statement = self._on_statement
        connection.mark_idle()
        self._connections.add(connection)
        for log in self._loggers:
            connection.add_query_logger(log)

    async def _acquire(self, pool: asyncpg.Pool) -> PoolConnectionProxy:
        async with asyncio.timeout(WAIT_SECONDS):
            while True:
                try:
                    connection: PoolConnectionProxy = await pool.acquire()
                    return connection
                except _NoAnswer:
                    await self._replace_connections(pool)

    async def _replace_connections(self, pool: asyncpg.Pool) -> None:
        """Closes the connections that are idle now, without waiting for the server, and the others when they are
        released."""
        await pool.expire_connections()
        for connection in list(self._connections):
            if connection.idle_since is not None:
                connection.terminate()


class _PooledConnection(asyncpg.Connection):
    idle_since: float | None
    """None while it is in use."""

    on_statement: StatementListener | None = None

    async def fetch(
        self,
        query: str,
        *args: object,
        timeout: float | None = None,  # noqa: ASYNC109
        record_class: type[asyncpg.Record] | None = None,
    ) -> list[asyncpg.Record]:
        if self.on_statement is None:
            return await super().fetch(query, *args, timeout=timeout, record_class=record_class)
        began_at = perf_counter()
        try:
            return await super().fetch(query, *args, timeout=timeout, record_class=record_class)
        finally:
            self.on_statement(query, perf_counter() - began_at)

    def mark_idle(self) -> None:
        self.idle_since = monotonic()

    def mark_used(self) -> float:
        """Returns for how many seconds it was idle."""
        assert self.idle_since is not None
        idle_since, self.idle_since = self.idle_since, None
        return monotonic() - idle_since

    async def reset(self, *, timeout: float | None = None) -> None:  # noqa: ASYNC109
        """Called when the connection returns to the pool. Nothing that the chat executes changes the state of a
        session, so the statement that resets it is omitted."""
        if self.is_in_transaction():
            await super().reset(timeout=timeout)
        self.mark_idle()


class _NoAnswer(Exception):
    """A connection did not answer a ping."""


async def _ping_if_idle(connection: PoolConnectionProxy) -> None:
    """Called when a connection leaves the pool. Raises _NoAnswer if it does not answer a ping."""
    if connection.mark_used() < IDLE_SECONDS:
        return
    try:
        async with asyncio.timeout(PING_SECONDS):
            await connection.execute(PING)
    except BaseException as error:
        connection.terminate()
        if isinstance(error, Exception):
            raise _NoAnswer from error
        raise


def _without_session_statements(logger: StatementLogger) -> StatementLogger:
    def log(executed: LoggedQuery) -> None:
        if executed.query not in NOT_LOGGED:
            logger(executed)

    return log
