"""Compiling in steps, so that other requests continue while a large operation is compiled."""

from collections.abc import Generator
from time import perf_counter
from typing import Generic, TypeVar, final

Result = TypeVar("Result")

Steps = Generator[None, None, Result]
"""Yields after each step, and returns what was compiled."""


@final
class Compilation(Generic[Result]):
    """Something that is compiled once. All executions that need it continue it, whichever of them has time."""

    __slots__ = ("_error", "_result", "_steps")

    def __init__(self, steps: Steps[Result]) -> None:
        self._steps: Steps[Result] | None = steps
        self._result: tuple[Result] | None = None
        self._error: Exception | None = None

    def proceed(self, until: float) -> bool:
        """Compiles until `perf_counter` returns this value. Returns whether the compilation has ended."""
        if self._steps is not None:
            try:
                while perf_counter() < until:
                    next(self._steps)
            except StopIteration as stop:
                self._steps, self._result = None, (stop.value,)
            except Exception as error:
                # The traceback would keep the executor.
                self._steps, self._error = None, error.with_traceback(None)
        return self.has_ended

    @property
    def has_ended(self) -> bool:
        return self._steps is None

    @property
    def has_failed(self) -> bool:
        return self._error is not None

    def result(self) -> Result:
        """Returns the result of a compilation that has ended. Raises the exception that ended it."""
        if self._error is not None:
            raise self._error
        assert self._result is not None
        return self._result[0]
