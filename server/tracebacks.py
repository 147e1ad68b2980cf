"""Tracebacks for the log: the calls and their source lines, and the types of the exceptions.

The text of an exception often quotes a value: a key that is missing, a number that cannot be parsed, a row that
violates a constraint, an answer of another server. So the log has the texts of only those exceptions that are known to
name nothing but types and attributes.
"""

import os
import traceback
from collections.abc import Iterator

from asyncpg.exceptions import InterfaceError, InternalClientError, PostgresError

FRAMES = 30
"""How many calls of a traceback are logged: those closest to where the exception was raised."""

CHAIN = 5
"""How many exceptions are logged with their tracebacks: the one that was raised, and its causes."""

WITH_TEXT = (
    AttributeError,
    ImportError,
    InterfaceError,
    InternalClientError,
    NameError,
    RecursionError,
    TimeoutError,
)


def format_exception(error: BaseException) -> str:
    """Returns the traceback of the exception and those of its causes, the first cause first, as Python prints them."""
    parts = [_one(each) for each in _chain(error)]
    return "\n\nThis led to:\n\n".join(reversed(parts))


def describe(error: BaseException) -> str:
    """Returns the type of the exception, and whatever of it cannot contain a value."""
    name = type(error).__name__
    if isinstance(error, PostgresError):
        constraint = getattr(error, "constraint_name", None)
        state = getattr(error, "sqlstate", None)
        return f"{name}: SQLSTATE {state}" + (f", constraint {constraint}" if constraint else "")
    if isinstance(error, OSError) and error.errno is not None:
        return f"{name}: {os.strerror(error.errno) if error.errno > 0 else error.errno}"
    if isinstance(error, WITH_TEXT) and str(error):
        return f"{name}: {error}"
    return name


def _chain(error: BaseException) -> Iterator[BaseException]:
    """Yields the exception, its cause, the cause of that, and so on. Of a group, the first exception is its cause."""
    following: BaseException | None = error
    for _ in range(CHAIN):
        if following is None:
            return
        yield following
        following = _cause(following)


def _cause(error: BaseException) -> BaseException | None:
    if isinstance(error, BaseExceptionGroup):
        return error.exceptions[0]
    return error.__cause__ or (None if error.__suppress_context__ else error.__context__)


def _one(error: BaseException) -> str:
    frames = traceback.extract_tb(error.__traceback__)[-FRAMES:]
    calls = "".join(traceback.format_list(frames))
    return f"Traceback (most recent call last):\n{calls}{describe(error)}"
