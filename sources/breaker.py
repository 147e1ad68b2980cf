"""A module that does not answer is left alone for a while, so that its readers do not wait for nothing each time."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

FAILURES = 5
REST_SECONDS = 10.0


class BreakerOpen(Exception):
    """It is not asked now."""


class Breaker:
    """Closed; open after FAILURES in a row; after a rest one turn tries, alone, and decides for the others.

    Not a library's: those for asyncio that are still kept do not hold the trial to one at a time.
    """

    def __init__(
        self,
        failures: int = FAILURES,
        rest_seconds: float = REST_SECONDS,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._limit = failures
        self._rest = rest_seconds
        self._now = now
        self._failures = 0
        self._opened_at = 0.0
        self._trying = False

    @property
    def is_open(self) -> bool:
        return self._failures >= self._limit

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Raises ModuleResting instead of letting a question through that is not due. A turn that ends without
        `answered` or `failed` (its reader left, it got no place) says nothing about the module."""
        trial = self._admit()
        try:
            yield
        finally:
            if trial:
                self._trying = False

    def answered(self) -> None:
        self._failures = 0

    def failed(self) -> None:
        self._failures += 1
        self._opened_at = self._now()

    def _admit(self) -> bool:
        """Whether the turn is the trial of an open breaker."""
        if not self.is_open:
            return False
        if self._trying or self._now() < self._opened_at + self._rest:
            raise BreakerOpen
        self._trying = True
        return True
