"""Merging two asynchronous generators into one."""

import asyncio
from collections.abc import AsyncGenerator
from typing import TypeVar

One = TypeVar("One")
Other = TypeVar("Other")


async def merge(
    one: AsyncGenerator[One, None], other: AsyncGenerator[Other, None]
) -> AsyncGenerator[One | Other, None]:
    """Yields the items of both as they arrive. Ends when the first of them ends, and raises when the first of them
    raises. Holds no queue: a source is asked for its next item only after the previous one was taken."""
    steps: dict[asyncio.Task[One | Other], AsyncGenerator[One, None] | AsyncGenerator[Other, None]] = {}
    try:
        for source in (one, other):
            steps[_next_of(source)] = source
        while True:
            done, _ = await asyncio.wait(steps, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                source = steps.pop(task)
                try:
                    item = task.result()
                except StopAsyncIteration:
                    return
                yield item
                steps[_next_of(source)] = source
    finally:
        for task in steps:
            task.cancel()
        await asyncio.gather(*steps, return_exceptions=True)
        for source in (one, other):
            await source.aclose()


def _next_of(source: AsyncGenerator[One, None] | AsyncGenerator[Other, None]) -> "asyncio.Task[One | Other]":
    async def step() -> One | Other:
        return await anext(source)

    return asyncio.create_task(step())
