"""Waiting for what must come, and no longer than it may take."""

import asyncio
from collections.abc import Awaitable, Callable

STEP = 0.01


async def until(condition: Callable[[], bool], what: str, patience: float = 15) -> None:
    async def ask() -> bool:
        return condition()

    await until_true(ask, what, patience)


async def until_true(condition: Callable[[], Awaitable[bool]], what: str, patience: float = 15) -> None:
    try:
        async with asyncio.timeout(patience):
            while not await condition():  # noqa: ASYNC110 (the process that is waited for knows no event of ours)
                await asyncio.sleep(STEP)
    except TimeoutError:
        raise AssertionError(f"{what}: not within {patience} s") from None
