"""The common parts of all loaders: a short session per batch, and a value for keys that were not found.

The batches of one request run concurrently, and an AsyncSession cannot be used concurrently.
"""

from collections.abc import Awaitable, Callable, Hashable, Mapping
from typing import TypeVar

from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from execution import Loader

Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value")

Sessions = async_sessionmaker[AsyncSession]
Batch = Callable[[AsyncSession, str, list[Key]], Awaitable[Mapping[Key, Value]]]
"""Reads the account's rows for these keys. A key that is missing in the result was not found."""

DATABASE_FAILURES = (DBAPIError, PoolTimeout, OSError, TimeoutError)
"""SQLAlchemy's TimeoutError, raised when the pool has no free connection, is not a subclass of Python's."""


def optional_loader(sessions: Sessions, account_id: str, batch: Batch[Key, Value]) -> Loader[Key, Value | None]:
    """Returns a loader whose value is None for a key that was not found."""

    async def read(keys: list[Key]) -> list[Value | None]:
        async with sessions() as session:
            found = await batch(session, account_id, keys)
        return [found.get(key) for key in keys]

    return Loader(read)


def defaulting_loader(
    sessions: Sessions, account_id: str, batch: Batch[Key, Value], missing: Callable[[], Value]
) -> Loader[Key, Value]:
    """Returns a loader whose value is `missing()` for a key that was not found."""

    async def read(keys: list[Key]) -> list[Value]:
        async with sessions() as session:
            found = await batch(session, account_id, keys)
        return [found[key] if key in found else missing() for key in keys]

    return Loader(read)
