"""What a module is held responsible for: its own silence, and never that we had no place left to ask it from."""

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
    """Answers a call per reader, each after a while; `silent` readers are never answered, `broken` ones at once with
    nothing to read."""

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
        """Holds nothing."""


class Wordy(Slow):
    """All checks in one call; says too much about more than two of them."""

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


class Watched(Breaker):
    """Counts every failure, whatever comes after it."""

    failures = 0

    def failed(self) -> None:
        self.failures += 1
        super().failed()


@pytest.fixture
def breaker() -> Watched:
    return Watched()


def module(gateway: Slow, breaker: Breaker) -> Module:
    return Module(ItemKind.DEAL, gateway, SECONDS, breaker)


async def accesses(module: Module, checks: Sequence[Check]) -> list[str]:
    answers = await module.answer("1", checks)
    return [answers[check].access.value for check in checks]


async def test_more_readers_than_places_do_not_tell_against_a_module_that_answers(breaker: Watched) -> None:
    gateway = Slow(0.05)
    began = time.monotonic()
    with capture_logs() as logs:
        seen = await accesses(module(gateway, breaker), READERS)
    assert time.monotonic() - began < SECONDS + 0.3
    assert 20 < seen.count("FORBIDDEN") == len(READERS) - seen.count("UNAVAILABLE")
    assert seen.count("UNAVAILABLE") > FAILURES
    assert [line["reasons"] for line in logs] == [{"no free slot": seen.count("UNAVAILABLE")}]
    assert (breaker.failures, breaker.is_open) == (0, False)


async def test_nor_do_more_pages_at_once(breaker: Watched) -> None:
    asked = module(Slow(0.1), breaker)
    pages = await asyncio.gather(*(accesses(asked, [reader]) for reader in READERS[:60]))
    assert ["UNAVAILABLE"] in pages
    assert ["FORBIDDEN"] in pages
    assert (breaker.failures, breaker.is_open) == (0, False)


async def test_calls_of_one_answer_fail_as_one(breaker: Watched) -> None:
    asked = module(Slow(0.0, broken=READERS), breaker)
    assert await accesses(asked, READERS) == ["UNAVAILABLE"] * len(READERS)
    assert (breaker.failures, breaker.is_open) == (1, False)


@pytest.mark.parametrize("how", ["silent", "broken"])
async def test_one_that_is_answered_speaks_for_the_module(breaker: Watched, how: str) -> None:
    others = READERS[1:MAX_CONCURRENT_CALLS]
    asked = module(Slow(0.0, **{how: others}), breaker)
    assert await accesses(asked, READERS[:MAX_CONCURRENT_CALLS]) == ["FORBIDDEN"] + ["UNAVAILABLE"] * len(others)
    assert breaker.failures == 0


async def test_a_module_that_hangs_rests_however_much_it_is_asked(breaker: Watched) -> None:
    """New answers come all the time, most of which wait for a place: the module is silent all the same."""
    gateway = Slow(30)
    asked = module(gateway, breaker)
    answers = []
    for _ in range(10):
        answers.append(asyncio.create_task(accesses(asked, READERS[:MAX_CONCURRENT_CALLS])))
        await asyncio.sleep(SECONDS / 3)
    await asyncio.gather(*answers)
    assert breaker.is_open


async def test_too_large_an_answer_is_asked_for_in_halves(breaker: Watched) -> None:
    gateway = Wordy(at_once=2)
    assert await accesses(module(gateway, breaker), READERS[:8]) == ["FORBIDDEN"] * 8
    assert gateway.asked == 1 + 2 + 4
    assert breaker.failures == 0


async def test_one_item_that_is_too_large_is_the_modules_failure(breaker: Watched) -> None:
    gateway = Wordy(at_once=0)
    assert await accesses(module(gateway, breaker), READERS[:8]) == ["UNAVAILABLE"] * 8
    assert gateway.asked == 4
    assert breaker.failures == 1
