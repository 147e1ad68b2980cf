"""Token buckets in the memory of the process."""

from collections.abc import Callable
from time import monotonic

from server.limits.rates import Grant, Rate

SWEPT_AT = 1_000
"""How many buckets are kept at least before full ones are looked for."""


class MemoryRates:
    """Implements `server.limits.rates.RateLimiter`. A bucket is the time at which it is full again, and a full one is
    not kept: the memory is that of the clients of the last few seconds."""

    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
        self._clock = clock
        self._full_at: dict[str, float] = {}
        self._sweep_at = SWEPT_AT

    def __len__(self) -> int:
        return len(self._full_at)

    async def take(self, key: str, rate: Rate) -> Grant:
        return self.take_now(key, rate)

    async def aclose(self) -> None:
        """Does nothing."""

    def take_now(self, key: str, rate: Rate) -> Grant:
        now = self._clock()
        debt = max(0.0, self._full_at.get(key, now) - now)
        after = debt + 1 / rate.per_second
        if after > rate.burst / rate.per_second + 1e-9:
            return Grant(rate, allowed=False, debt=debt)
        self._full_at[key] = now + after
        if len(self._full_at) > self._sweep_at:
            self._sweep(now)
        return Grant(rate, allowed=True, debt=after)

    def _sweep(self, now: float) -> None:
        """Drops the full buckets. The next sweep comes when twice as many are kept, so each bucket is looked at about
        once."""
        self._full_at = {key: full_at for key, full_at in self._full_at.items() if full_at > now}
        self._sweep_at = max(SWEPT_AT, 2 * len(self._full_at))
