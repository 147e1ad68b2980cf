"""The latency of single requests, measured in alternation so that other load on the machine affects all of them
equally."""

import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from statistics import quantiles

WARM_UP = 20
"""Rounds that are not counted. They open connections, prepare statements and fill caches."""

Step = Callable[[int], Awaitable[object]]
"""One request to measure. It receives the number of the round, so that it can vary its arguments."""


@dataclass(frozen=True)
class Latency:
    """In milliseconds."""

    p50: float
    p95: float
    max: float

    @classmethod
    def of(cls, seconds: Sequence[float]) -> "Latency":
        cuts = quantiles(seconds, n=20, method="inclusive")
        return cls(p50=cuts[9] * 1000, p95=cuts[18] * 1000, max=max(seconds) * 1000)


async def measure_alternately(steps: Sequence[Step], rounds: int) -> list[Latency]:
    """Returns the latency of each step, including garbage collection."""
    durations: list[list[float]] = [[] for _ in steps]
    for number in range(WARM_UP + rounds):
        for step, seconds in zip(steps, durations, strict=True):
            start = time.perf_counter()
            await step(number)
            if number >= WARM_UP:
                seconds.append(time.perf_counter() - start)
    return [Latency.of(seconds) for seconds in durations]
