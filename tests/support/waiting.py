"""Waiting for a condition, with a limit."""

import asyncio
from collections.abc import Awaitable, Callable

STEP = 0.01


async def until(condition: Callable[[], bool], what: str, patience: float = 60) -> None:
    async def ask() -> bool:
        return condition()

    await until_true(ask, what, patience)


async def until_true(condition: Callable[[], Awaitable[bool]], what: str, patience: float = 60) -> None:
    try:
        async with asyncio.timeout(patience):
            while not await condition():  # noqa: ASYNC110 (other processes cannot set an event)
                await asyncio.sleep(STEP)
    except TimeoutError:
        raise AssertionError(f"{what}: not within {patience} s") from None
