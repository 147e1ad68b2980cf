"""Latency of one thing at a time, on both sides in turn, so that whatever disturbs the machine disturbs both."""

import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from statistics import quantiles

WARM_UP = 20
"""Rounds that are not counted: connections, prepared statements and caches come to be in them."""

Step = Callable[[int], Awaitable[object]]
"""What is measured; it is told the round, to do something else in each."""


@dataclass(frozen=True)
class Latency:
    """In milliseconds."""

    p50: float
    p95: float

    @classmethod
    def of(cls, seconds: Sequence[float]) -> "Latency":
        cuts = quantiles(seconds, n=20, method="inclusive")
        return cls(p50=cuts[9] * 1000, p95=cuts[18] * 1000)


async def in_turn(steps: Sequence[Step], rounds: int) -> list[Latency]:
    """Returns the latency of each step, garbage collection included."""
    taken: list[list[float]] = [[] for _ in steps]
    for round_ in range(-WARM_UP, rounds):
        for step, seconds in zip(steps, taken, strict=True):
            began = time.perf_counter()
            await step(round_ + WARM_UP)
            if round_ >= 0:
                seconds.append(time.perf_counter() - began)
    return [Latency.of(seconds) for seconds in taken]
