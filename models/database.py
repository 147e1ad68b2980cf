"""The interfaces of the database connections. `server.postgres.pool` implements them with asyncpg."""

from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from typing import Any, Protocol

Record = Sequence[Any]
"""A row of a result. A slice of it is a tuple."""


class Connection(Protocol):
    async def fetch(self, query: str, *args: object) -> Sequence[Record]:
        """Prepares the query when it is first executed on this connection, executes it, and returns its rows."""


class Database(Protocol):
    """No account can use all connections. `account_id` is the account that a connection is used for; None for work that
    belongs to no account."""

    def connection(self, account_id: str | None) -> AbstractAsyncContextManager[Connection]:
        """Returns a connection on which each statement is a transaction of its own, and waits for no lock."""

    def transaction(self, account_id: str | None) -> AbstractAsyncContextManager[Connection]:
        """Returns a connection in a transaction, which commits at the end of the block, or rolls back if the block
        raises."""
