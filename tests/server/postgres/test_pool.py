"""Connections that die silently cost a request at most one ping, and a connection returns to the pool without traces of
its last use."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import pytest
from sqlalchemy import make_url

from loaders.batches import DATABASE_FAILURES
from models.statements import sql
from server.postgres import pool as pool_module
from server.postgres.pool import IDLE_SECONDS, PING, PING_SECONDS, SIZE, ConnectionPool
from tests.live.faults.proxy import Proxy

SLEEP = sql("SELECT pg_sleep(:seconds)")
PROCESS = sql("SELECT pg_backend_pid()")
ASSIGN = sql("SELECT pg_current_xact_id()")
IN_TRANSACTION = sql("SELECT pg_current_xact_id_if_assigned() IS NOT NULL")
AT_ONCE = 8


@pytest.fixture
async def wire(database_url: str) -> AsyncIterator[Proxy]:
    """The network between the pool and PostgreSQL."""
    where = make_url(database_url).query
    proxy = Proxy(lambda: asyncio.open_unix_connection(f"{where['host']}/.s.PGSQL.{where['port']}"))
    await proxy.start()
    yield proxy
    await proxy.stop()


@pytest.fixture
async def pool(database_url: str, wire: Proxy) -> AsyncIterator[ConnectionPool]:
    through_wire = make_url(database_url).set(host="127.0.0.1", port=wire.port, query={})
    pool = ConnectionPool(through_wire.render_as_string(hide_password=False))
    async with pool.opened():
        yield pool


async def process(pool: ConnectionPool, seconds: float = 0.0) -> int:
    """Holds a connection for a while. Returns its server process."""
    async with pool.connection(None) as connection:
        await SLEEP.fetch(connection, seconds=seconds)
        return int((await PROCESS.fetch(connection))[0][0])


async def processes(pool: ConnectionPool) -> set[int]:
    """Returns the server processes of as many connections as there are requests at once."""
    return set(await asyncio.gather(*(process(pool, 0.05) for _ in range(AT_ONCE))))


async def test_a_connection_is_pinged_if_it_was_idle(pool: ConnectionPool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pool_module, "NOT_LOGGED", frozenset())
    logged: list[str] = []
    with pool.logging(lambda executed: logged.append(executed.query)):
        assert len({await process(pool) for _ in range(3)}) == 1
        assert PING not in logged
        await asyncio.sleep(IDLE_SECONDS)
        await process(pool)
        assert logged.count(PING) == 1


async def test_idle_connections_that_died_silently_are_replaced_together(pool: ConnectionPool, wire: Proxy) -> None:
    before = await processes(pool)
    assert len(before) == AT_ONCE
    wire.abandon()
    await asyncio.sleep(IDLE_SECONDS)
    begun = time.monotonic()
    await process(pool)
    assert time.monotonic() - begun < PING_SECONDS + 1
    begun = time.monotonic()
    assert not await processes(pool) & before
    assert time.monotonic() - begun < PING_SECONDS, "the others were replaced as well"


async def test_a_statement_that_takes_too_long_replaces_the_idle_connections(
    pool: ConnectionPool, wire: Proxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = await processes(pool)
    wire.abandon()
    begun = time.monotonic()
    with pytest.raises(TimeoutError):
        async with pool.connection(None) as connection, asyncio.timeout(0.5):
            await SLEEP.fetch(connection, seconds=0)
    assert time.monotonic() - begun < 1, "the connection returns to the pool without waiting for the server"
    begun = time.monotonic()
    assert not await processes(pool) & before
    assert time.monotonic() - begun < PING_SECONDS, "no other request waits for a dead connection"


async def test_a_connection_that_the_server_closed_is_not_used_again(pool: ConnectionPool) -> None:
    closed = await process(pool)
    terminate = sql("SELECT pg_terminate_backend(:pid)")
    async with pool.connection(None) as first, pool.connection(None) as second:
        assert [tuple(row) for row in await PROCESS.fetch(first)] == [(closed,)]
        await terminate.fetch(second, pid=closed)
        with pytest.raises(DATABASE_FAILURES):
            await PROCESS.fetch(first)
    assert closed not in await processes(pool)


async def test_a_request_that_is_cancelled_does_not_wait_for_its_statement(pool: ConnectionPool) -> None:
    cancelled = asyncio.create_task(process(pool, 5))
    await asyncio.sleep(0.2)
    begun = time.monotonic()
    cancelled.cancel()
    with pytest.raises(asyncio.CancelledError):
        await cancelled
    assert time.monotonic() - begun < 1
    assert len(await processes(pool)) == AT_ONCE


@pytest.mark.parametrize("error", [RuntimeError, asyncio.CancelledError, TimeoutError])
async def test_a_transaction_that_raises_is_rolled_back(pool: ConnectionPool, error: type[BaseException]) -> None:
    create, find = sql("CREATE TABLE rolled_back ()"), sql("SELECT to_regclass('rolled_back')")

    async def failing() -> None:
        async with pool.transaction(None) as connection:
            await create.fetch(connection)
            raise error

    with pytest.raises(error):
        await failing()
    async with pool.connection(None) as connection:
        assert [tuple(row) for row in await find.fetch(connection)] == [(None,)]


async def test_statements_are_committed_by_the_transaction_or_one_by_one(pool: ConnectionPool) -> None:
    async with pool.transaction(None) as connection:
        await ASSIGN.fetch(connection)
        assert [tuple(row) for row in await IN_TRANSACTION.fetch(connection)] == [(True,)]
    async with pool.connection(None) as connection:
        await ASSIGN.fetch(connection)
        assert [tuple(row) for row in await IN_TRANSACTION.fetch(connection)] == [(False,)]


async def test_reads_beyond_half_of_the_size_wait_for_a_connection(pool: ConnectionPool) -> None:
    async with AsyncExitStack() as stack:
        for _ in range(SIZE // 2 - 1):
            await stack.enter_async_context(pool.connection(None))
        await process(pool)
        await stack.enter_async_context(pool.connection(None))
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.3):
                await process(pool)
    await process(pool)


async def test_transactions_leave_connections_for_reads(pool: ConnectionPool) -> None:
    async with AsyncExitStack() as stack:
        for _ in range(SIZE // 2):
            await stack.enter_async_context(pool.transaction(None))
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.3), pool.transaction(None):
                pass
        await process(pool)


async def test_an_account_leaves_connections_for_others(pool: ConnectionPool) -> None:
    async with AsyncExitStack() as stack:
        for _ in range(SIZE // 4):
            await stack.enter_async_context(pool.connection("one"))
            await stack.enter_async_context(pool.transaction("one"))
        for lent in (pool.connection, pool.transaction):
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.3), lent("one"):
                    pass
            async with lent("other"):
                pass
    async with pool.connection("one"):
        pass


async def test_all_statements_of_all_connections_are_logged(pool: ConnectionPool) -> None:
    logged: list[str] = []
    await process(pool)
    with pool.logging(lambda executed: logged.append(executed.query)):
        await processes(pool)
        async with pool.transaction(None) as connection:
            await PROCESS.fetch(connection)
        await asyncio.sleep(IDLE_SECONDS)
        await process(pool)
    await process(pool)
    assert sorted(logged) == sorted((AT_ONCE + 1) * [SLEEP.text] + (AT_ONCE + 2) * [PROCESS.text])
