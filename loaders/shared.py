"""Reads that go on to their end, whoever of those that asked has left meanwhile.

Awaiting cancels what is awaited: who leaves would take an answer from the others that wait for it, and a connection
that is left in the middle of a statement cannot be used again.
"""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from functools import wraps
from typing import Any, ParamSpec, TypeVar

from strawberry.dataloader import DataLoader

Arguments = ParamSpec("Arguments")
Key = TypeVar("Key")
Value = TypeVar("Value")

_reading: set[asyncio.Task[Any]] = set()
"""The event loop itself holds its tasks only weakly."""


class SharedLoader(DataLoader[Key, Value]):
    """Several streams may wait for one key, and each may leave."""

    def load(self, key: Key) -> Awaitable[Value]:
        answer = asyncio.ensure_future(super().load(key))
        return _watched(asyncio.shield(_watched(answer)))


def to_the_end(
    read: Callable[Arguments, Coroutine[Any, Any, Value]],
) -> Callable[Arguments, Coroutine[Any, Any, Value]]:
    """Lets whoever asks for this read leave it."""

    @wraps(read)
    async def reading(*args: Arguments.args, **kwargs: Arguments.kwargs) -> Value:
        task = asyncio.create_task(read(*args, **kwargs))
        _reading.add(task)
        task.add_done_callback(_reading.discard)
        return await asyncio.shield(_watched(task))

    return reading


def _watched(answer: asyncio.Future[Value]) -> asyncio.Future[Value]:
    """What failed after everybody had left is no concern of the event loop."""
    answer.add_done_callback(_look_at)
    return answer


def _look_at(answer: asyncio.Future[Any]) -> None:
    if not answer.cancelled():
        answer.exception()
