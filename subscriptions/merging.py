"""Two sources, one stream."""

import asyncio
from collections.abc import AsyncGenerator
from typing import TypeVar

One = TypeVar("One")
Other = TypeVar("Other")


async def merged(
    one: AsyncGenerator[One, None], other: AsyncGenerator[Other, None]
) -> AsyncGenerator[One | Other, None]:
    """Yields what either brings, as it comes; ends with the first that ends, and fails with the first that fails.

    Holds no queue: each source is asked for one more only after its last was taken.
    """
    asking: dict[asyncio.Task[One | Other], AsyncGenerator[One, None] | AsyncGenerator[Other, None]] = {}
    try:
        for source in (one, other):
            asking[_ask(source)] = source
        while True:
            done, _ = await asyncio.wait(asking, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                source = asking.pop(task)
                try:
                    item = task.result()
                except StopAsyncIteration:
                    return
                yield item
                asking[_ask(source)] = source
    finally:
        for task in asking:
            task.cancel()
        await asyncio.gather(*asking, return_exceptions=True)
        for source in (one, other):
            await source.aclose()


def _ask(source: AsyncGenerator[One, None] | AsyncGenerator[Other, None]) -> "asyncio.Task[One | Other]":
    async def step() -> One | Other:
        return await anext(source)

    return asyncio.create_task(step())
