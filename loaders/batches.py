"""What every loader shares: a short session per batch, and answers in the order of the keys.

One AsyncSession must not serve two batches at once, and batches of one request do run at once.
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
"""Reads the account's rows for these keys; a key that is not in the answer was not found."""

DATABASE_FAILURES = (DBAPIError, PoolTimeout, OSError, TimeoutError)
"""SQLAlchemy's own TimeoutError, for a pool that has no connection left, is none of Python's."""


def optional_loader(sessions: OpenSession, account_id: str, batch: Batch[Key, Value]) -> DataLoader[Key, Value | None]:
    """Returns a loader that answers None for what the batch did not find."""

    async def load(keys: list[Key]) -> list[Value | None]:
        async with sessions() as session:
            found = await batch(session, account_id, keys)
        return [found.get(key) for key in keys]

    return UncancelledLoader(load)


def defaulting_loader(
    sessions: OpenSession, account_id: str, batch: Batch[Key, Value], missing: Callable[[], Value]
) -> DataLoader[Key, Value]:
    """Returns a loader that answers `missing()` for what the batch did not find."""

    async def load(keys: list[Key]) -> list[Value]:
        async with sessions() as session:
            found = await batch(session, account_id, keys)
        return [found[key] if key in found else missing() for key in keys]

    return UncancelledLoader(load)
