"""A circuit breaker: a module that does not answer is not called for a while, so that readers do not wait for it."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

FAILURES = 5
REST_SECONDS = 10.0


class BreakerOpen(Exception):
    """The breaker is open: the module is not called."""


class Breaker:
    """Opens after FAILURES failures in a row. After REST_SECONDS it admits one trial at a time, whose outcome closes it
    or opens it again.

    No library is used: those for asyncio that are maintained do not limit the trials to one at a time.
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
    def attempt(self) -> Iterator[None]:
        """Surrounds a call. Raises BreakerOpen if the module must not be called. A call that ends without `answered` or
        `failed`, because its caller was cancelled or no slot was free, does not count."""
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
        """Returns whether the call is a trial of an open breaker."""
        if not self.is_open:
            return False
        if self._trying or self._now() < self._opened_at + self._rest:
            raise BreakerOpen
        self._trying = True
        return True
