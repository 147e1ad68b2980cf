"""Reads that run to completion even if their callers are cancelled.

Cancelling a task cancels what it awaits. Without this, a stream that ends would take the result from the other streams
that wait for the same read, and would leave its connection in the middle of a statement, where it cannot be used again.
"""

import asyncio
from collections.abc import Callable, Coroutine
from functools import wraps
from typing import Any, ParamSpec, TypeVar

Arguments = ParamSpec("Arguments")
Value = TypeVar("Value")

_running: set[asyncio.Task[Any]] = set()
"""Keeps references to the tasks: the event loop holds only weak ones."""


def uncancelled(
    read: Callable[Arguments, Coroutine[Any, Any, Value]],
) -> Callable[Arguments, Coroutine[Any, Any, Value]]:
    """Runs the read in its own task, so cancelling the caller never cancels the statement."""

    @wraps(read)
    async def reading(*args: Arguments.args, **kwargs: Arguments.kwargs) -> Value:
        task = asyncio.create_task(read(*args, **kwargs))
        _running.add(task)
        task.add_done_callback(_running.discard)
        return await asyncio.shield(_with_error_retrieved(task))

    return reading


def _with_error_retrieved(future: asyncio.Future[Value]) -> asyncio.Future[Value]:
    """Keeps the event loop from logging an error that nobody retrieves because all callers were cancelled."""
    future.add_done_callback(_retrieve_error)
    return future


def _retrieve_error(future: asyncio.Future[Any]) -> None:
    if not future.cancelled():
        future.exception()
