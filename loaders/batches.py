"""The common parts of all loaders: a connection per batch, and a value for keys that were not found.

The batches of one request run concurrently, and a connection executes one statement at a time.
"""

from collections.abc import Awaitable, Callable, Hashable, Mapping
from typing import TypeVar

from asyncpg.exceptions import InterfaceError, InternalClientError, PostgresError

from execution import Loader
from models.database import Connection, Database

Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value")

Batch = Callable[[Connection, str, list[Key]], Awaitable[Mapping[Key, Value]]]
"""Reads the account's rows for these keys. A key that is missing in the result was not found."""

DATABASE_FAILURES = (PostgresError, InterfaceError, InternalClientError, OSError, TimeoutError)
"""InternalClientError is raised on a connection that the server is closing."""


def optional_loader(database: Database, account_id: str, batch: Batch[Key, Value]) -> Loader[Key, Value | None]:
    """Returns a loader whose value is None for a key that was not found."""

    async def read(keys: list[Key]) -> list[Value | None]:
        async with database.connection(account_id) as connection:
            found = await batch(connection, account_id, keys)
        return [found.get(key) for key in keys]

    return Loader(read)


def defaulting_loader(
    database: Database, account_id: str, batch: Batch[Key, Value], missing: Callable[[], Value]
) -> Loader[Key, Value]:
    """Returns a loader whose value is `missing()` for a key that was not found."""

    async def read(keys: list[Key]) -> list[Value]:
        async with database.connection(account_id) as connection:
            found = await batch(connection, account_id, keys)
        return [found[key] if key in found else missing() for key in keys]

    return Loader(read)
