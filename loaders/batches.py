"""The common parts of all loaders: a short session per batch, and results in the order of the keys.

The batches of one request run concurrently, and an AsyncSession cannot be used concurrently.
"""

from collections.abc import Awaitable, Callable, Hashable, Mapping
from contextlib import AbstractAsyncContextManager
from typing import TypeVar

from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker
from strawberry.dataloader import DataLoader

from loaders.uncancelled import UncancelledLoader

Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value")

Sessions = async_sessionmaker[AsyncSession]
OpenSession = Callable[[], AbstractAsyncContextManager[AsyncSession]]
Batch = Callable[[AsyncSession, str, list[Key]], Awaitable[Mapping[Key, Value]]]
"""Reads the account's rows for these keys. A key that is missing in the result was not found."""

DATABASE_FAILURES = (DBAPIError, PoolTimeout, OSError, TimeoutError)
"""SQLAlchemy's TimeoutError, raised when the pool has no free connection, is not a subclass of Python's."""


def optional_loader(sessions: OpenSession, account_id: str, batch: Batch[Key, Value]) -> DataLoader[Key, Value | None]:
    """Returns a loader whose result is None for a key that was not found."""

    async def load(keys: list[Key]) -> list[Value | None]:
        async with sessions() as session:
            found = await batch(session, account_id, keys)
        return [found.get(key) for key in keys]

    return UncancelledLoader(load)


def defaulting_loader(
    sessions: OpenSession, account_id: str, batch: Batch[Key, Value], missing: Callable[[], Value]
) -> DataLoader[Key, Value]:
    """Returns a loader whose result is `missing()` for a key that was not found."""

    async def load(keys: list[Key]) -> list[Value]:
        async with sessions() as session:
            found = await batch(session, account_id, keys)
        return [found[key] if key in found else missing() for key in keys]

    return UncancelledLoader(load)
