"""A module: its failures count against it, and waiting for a free call slot does not."""

import asyncio
import time
from collections.abc import Mapping, Sequence

import pytest
from structlog.testing import capture_logs

from chat.cards import Check
from models.enums import ItemKind
from sources.breaker import FAILURES, Breaker
from sources.endpoint import MAX_CONCURRENT_CALLS
from sources.module import Module
from sources.verdicts import FORBIDDEN, AnswerTooLarge, ModuleFailed, Verdict

SECONDS = 0.5
READERS = [Check(f"reader-{number}", "77") for number in range(120)]


class Slow:
    """A gateway that makes one call per reader and answers each after a while. Calls for `silent` readers hang, and
    calls for `broken` readers fail immediately."""

    def __init__(self, takes: float, silent: Sequence[Check] = (), broken: Sequence[Check] = ()) -> None:
        self.takes, self.silent, self.broken = takes, silent, broken
        self.asked = 0

    def calls(self, checks: Sequence[Check]) -> list[list[Check]]:
        return [[check] for check in checks]

    async def ask(self, account_id: str, kind: ItemKind, checks: Sequence[Check]) -> Mapping[Check, Verdict]:
        self.asked += 1
        if checks[0] in self.broken:
            raise ModuleFailed("broken")
        await asyncio.sleep(30 if checks[0] in self.silent else self.takes)
        return dict.fromkeys(checks, FORBIDDEN)

    async def aclose(self) -> None:
        """Holds no connection."""


class Verbose(Slow):
    """A gateway that makes one call for all checks, whose answer about more than two is too large."""

    def __init__(self, at_once: int) -> None:
        super().__init__(0.0)
        self.at_once = at_once

    def calls(self, checks: Sequence[Check]) -> list[list[Check]]:
        return [list(checks)]

    async def ask(self, account_id: str, kind: ItemKind, checks: Sequence[Check]) -> Mapping[Check, Verdict]:
        self.asked += 1
        if len(checks) > self.at_once:
            raise AnswerTooLarge("too much")
        return dict.fromkeys(checks, FORBIDDEN)


class CountingBreaker(Breaker):
    """A breaker that counts every failure."""

    failures = 0

    def failed(self) -> None:
        self.failures += 1
        super().failed()


@pytest.fixture
def breaker() -> CountingBreaker:
    return CountingBreaker()


def module(gateway: Slow, breaker: Breaker) -> Module:
    return Module(ItemKind.DEAL, gateway, SECONDS, breaker)


async def accesses(module: Module, checks: Sequence[Check]) -> list[str]:
    answers = await module.answer("1", checks)
    return [answers[check].access.value for check in checks]


async def test_waiting_for_a_call_slot_does_not_count_as_a_failure(breaker: CountingBreaker) -> None:
    gateway = Slow(0.05)
    began = time.monotonic()
    with capture_logs() as logs:
        seen = await accesses(module(gateway, breaker), READERS)
    assert time.monotonic() - began < SECONDS + 2
    assert 20 < seen.count("FORBIDDEN") == len(READERS) - seen.count("UNAVAILABLE")
    assert seen.count("UNAVAILABLE") > FAILURES
    assert [line["reasons"] for line in logs] == [{"no free slot": seen.count("UNAVAILABLE")}]
    assert (breaker.failures, breaker.is_open) == (0, False)


async def test_concurrent_pages_waiting_for_a_call_slot_do_not_count_as_failures(breaker: CountingBreaker) -> None:
    asked = module(Slow(0.1), breaker)
    pages = await asyncio.gather(*(accesses(asked, [reader]) for reader in READERS[:60]))
    assert ["UNAVAILABLE"] in pages
    assert ["FORBIDDEN"] in pages
    assert (breaker.failures, breaker.is_open) == (0, False)


async def test_the_failed_calls_of_one_answer_count_as_one_failure(breaker: CountingBreaker) -> None:
    asked = module(Slow(0.0, broken=READERS), breaker)
    assert await accesses(asked, READERS) == ["UNAVAILABLE"] * len(READERS)
    assert (breaker.failures, breaker.is_open) == (1, False)


@pytest.mark.parametrize("how", ["silent", "broken"])
async def test_one_answered_call_counts_as_success(breaker: CountingBreaker, how: str) -> None:
    others = READERS[1:MAX_CONCURRENT_CALLS]
    asked = module(Slow(0.0, **{how: others}), breaker)
    assert await accesses(asked, READERS[:MAX_CONCURRENT_CALLS]) == ["FORBIDDEN"] + ["UNAVAILABLE"] * len(others)
    assert breaker.failures == 0


async def test_the_breaker_opens_for_a_hanging_module_under_load(breaker: CountingBreaker) -> None:
    """Requests keep arriving, and most of them wait for a call slot."""
    gateway = Slow(30)
    asked = module(gateway, breaker)
    answers = []
    for _ in range(10):
        answers.append(asyncio.create_task(accesses(asked, READERS[:MAX_CONCURRENT_CALLS])))
        await asyncio.sleep(SECONDS / 3)
    await asyncio.gather(*answers)
    assert breaker.is_open


async def test_an_answer_that_is_too_large_is_requested_in_halves(breaker: CountingBreaker) -> None:
    gateway = Verbose(at_once=2)
    assert await accesses(module(gateway, breaker), READERS[:8]) == ["FORBIDDEN"] * 8
    assert gateway.asked == 1 + 2 + 4
    assert breaker.failures == 0


async def test_one_item_that_is_too_large_is_a_failure(breaker: CountingBreaker) -> None:
    gateway = Verbose(at_once=0)
    assert await accesses(module(gateway, breaker), READERS[:8]) == ["UNAVAILABLE"] * 8
    assert gateway.asked == 4
    assert breaker.failures == 1
