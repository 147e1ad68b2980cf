"""Faults of a module: its cards are unavailable, the reason is logged, and other modules are not delayed."""

import asyncio
import time

import httpx
import pytest
from structlog.testing import capture_logs

from chat.cards import Answer, Check
from models.enums import ItemKind
from sources import DemoConfig, HttpConfig, Sources
from sources.breaker import Breaker
from sources.http import HttpGateway
from sources.module import Module
from tests.sources.conftest import Build
from tests.sources.faulty_module import ANSWERS, FINE, REFUSED_PAIR, REFUSED_WHOLE, SECRET_TITLE
from tests.sources.processes import closed_port_url
from tests.sources.test_breaker import StoppedClock
from tests.sources.world import FIRST, READER, SECRET
from tests.support.waiting import until_true

DEAL = ItemKind.DEAL
CHECKS = [Check("2", "77"), Check("3", "77"), Check("3", "78")]


def module(url: str, path: str = "", timeout_ms: int = 2000) -> HttpConfig:
    return HttpConfig.model_validate({"url": f"{url}/{path}", "secret": SECRET, "timeout_ms": timeout_ms})


async def accesses(sources: Sources, checks: list[Check] = CHECKS, kind: ItemKind = DEAL) -> list[str]:
    answers = await sources.answer("1", kind, checks)
    assert list(answers) == checks
    return [answers[check].access.value for check in checks]


async def counted(faulty_url: str, path: str, what: str = "calls") -> int:
    async with httpx.AsyncClient() as http:
        return int((await http.get(f"{faulty_url}/{path}")).json()[what])


async def was_called(faulty_url: str, path: str, times: int) -> bool:
    return await counted(faulty_url, path) >= times


@pytest.mark.parametrize("fault", [*REFUSED_WHOLE, *REFUSED_PAIR])
async def test_an_invalid_answer_makes_the_cards_unavailable(build: Build, faulty_url: str, fault: str) -> None:
    sources = build(DEAL=module(faulty_url, fault))
    with capture_logs() as logs:
        assert await accesses(sources) == ["UNAVAILABLE"] * 3
    (line,) = logs
    assert (line["event"], line["kind"], sum(line["reasons"].values())) == ("source_unavailable", "DEAL", 3)
    assert SECRET_TITLE not in str(line)
    assert SECRET not in str(line)


@pytest.mark.parametrize("path", FINE)
async def test_a_valid_answer_is_accepted(build: Build, faulty_url: str, path: str) -> None:
    with capture_logs() as logs:
        assert await accesses(build(DEAL=module(faulty_url, path))) == ["GRANTED"] * 3
    assert logs == []


async def test_checks_missing_from_the_answer_are_forbidden(build: Build, faulty_url: str) -> None:
    assert await accesses(build(DEAL=module(faulty_url, "none"))) == ["FORBIDDEN"] * 3
    dropping = build(DEAL=module(faulty_url, "drops every second"))
    assert await accesses(dropping) == ["GRANTED", "FORBIDDEN", "GRANTED"]


async def test_an_item_in_a_forbidden_result_is_not_shown(build: Build, faulty_url: str) -> None:
    answers = await build(DEAL=module(faulty_url, "item with forbidden")).answer("1", DEAL, CHECKS)
    assert all(answer.item is None for answer in answers.values())


async def test_every_prepared_answer_is_tested() -> None:
    assert len(ANSWERS) == len(REFUSED_WHOLE) + len(REFUSED_PAIR) + len(FINE) + 7


@pytest.mark.parametrize("path", ["slow", "trickle"])
async def test_a_slow_module_is_given_up_after_its_timeout(build: Build, faulty_url: str, path: str) -> None:
    sources = build(DEAL=module(faulty_url, path, timeout_ms=300))
    began = time.monotonic()
    with capture_logs() as logs:
        assert await accesses(sources) == ["UNAVAILABLE"] * 3
    assert 0.3 <= time.monotonic() - began < 10
    assert [line["reasons"] for line in logs] == [{"no answer within 0.3 s": 3}]


async def test_waiting_for_a_call_slot_counts_toward_the_timeout(build: Build, faulty_url: str) -> None:
    """More readers than call slots: each waits for one timeout, not for those of the others."""
    sources = build(DEAL=module(faulty_url, "slow", timeout_ms=300))
    began = time.monotonic()
    answers = await asyncio.gather(*(accesses(sources) for _ in range(30)))
    assert answers == [["UNAVAILABLE"] * 3] * 30
    assert time.monotonic() - began < 5


async def test_an_unreachable_module_makes_its_cards_unavailable(build: Build) -> None:
    with capture_logs() as logs:
        assert await accesses(build(DEAL=module(closed_port_url()))) == ["UNAVAILABLE"] * 3
    assert [line["reasons"] for line in logs] == [{"the call failed (ConnectError)": 3}]


async def test_a_hanging_module_does_not_delay_others(build: Build, faulty_url: str, example_url: str) -> None:
    before = await counted(faulty_url, "slow")
    sources = build(
        TASK=module(faulty_url, "slow", timeout_ms=10_000),
        DEAL=HttpConfig.model_validate({"url": example_url, "secret": SECRET}),
        CONTACT=DemoConfig(),
    )
    hanging = [asyncio.create_task(accesses(sources, kind=ItemKind.TASK)) for _ in range(20)]
    await until_true(lambda: was_called(faulty_url, "slow", before + 1), "a call to the hanging module")
    deal, contact = await asyncio.gather(
        sources.answer(FIRST, DEAL, [Check(READER, "77")]), accesses(sources, kind=ItemKind.CONTACT)
    )
    assert [answer.access for answer in deal.values()] == ["GRANTED"]
    assert contact == ["FORBIDDEN"] * 3
    assert not any(task.done() for task in hanging)
    for task in hanging:
        task.cancel()
    await asyncio.gather(*hanging, return_exceptions=True)


async def test_five_hundred_and_one_checks_are_two_calls(build: Build, faulty_url: str) -> None:
    before = await counted(faulty_url, "good")
    checks = [Check("2", str(number)) for number in range(501)]
    assert await accesses(build(DEAL=module(faulty_url, "good")), checks) == ["GRANTED"] * 501
    assert await counted(faulty_url, "good") == before + 2


async def test_an_answer_that_is_too_large_is_requested_in_parts(build: Build, faulty_url: str) -> None:
    before = await counted(faulty_url, "long summaries")
    checks = [Check(str(number), "77") for number in range(500)]
    with capture_logs() as logs:
        assert await accesses(build(DEAL=module(faulty_url, "long summaries")), checks) == ["GRANTED"] * 500
    assert logs == []
    assert await counted(faulty_url, "long summaries") == before + 3


async def test_reading_an_answer_stops_at_the_first_invalid_result(build: Build, faulty_url: str) -> None:
    began = time.monotonic()
    sources = build(DEAL=module(faulty_url, "two million brackets", timeout_ms=10_000))
    assert await accesses(sources) == ["UNAVAILABLE"] * 3
    assert time.monotonic() - began < 5


async def test_proxy_settings_of_the_environment_are_ignored(
    build: Build, faulty_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A proxy would see tokens and items."""
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, closed_port_url())
    monkeypatch.setenv("NO_PROXY", "")
    assert await accesses(build(DEAL=module(faulty_url, "good"))) == ["GRANTED"] * 3


async def test_a_pair_asked_twice_is_one_check_of_one_call(build: Build, faulty_url: str) -> None:
    before = await counted(faulty_url, "good")
    answers = await build(DEAL=module(faulty_url, "good")).answer("1", DEAL, CHECKS * 400)
    assert list(answers) == CHECKS
    assert await counted(faulty_url, "good") == before + 1


async def test_cookies_of_a_module_are_not_sent_back(build: Build, faulty_url: str) -> None:
    """A cookie could be one reader's session, sent with the request for another reader."""
    sources = build(DEAL=module(faulty_url, "cookie"))
    for _ in range(2):
        await accesses(sources)
    assert await counted(faulty_url, "cookie", "cookies") == 0


async def test_answers_are_not_cached(build: Build, faulty_url: str) -> None:
    sources, before = build(DEAL=module(faulty_url, "good")), await counted(faulty_url, "good")
    for _ in range(3):
        await accesses(sources)
    assert await counted(faulty_url, "good") == before + 3


async def test_a_failing_module_is_not_called_during_the_pause(build: Build, faulty_url: str) -> None:
    sources, before = build(DEAL=module(faulty_url, "error")), await counted(faulty_url, "error")
    with capture_logs() as logs:
        for _ in range(12):
            assert await accesses(sources) == ["UNAVAILABLE"] * 3
    assert await counted(faulty_url, "error") == before + 5
    assert [line["breaker_open"] for line in logs] == [False] * 4 + [True]


async def test_a_recovered_module_is_called_again(faulty_url: str) -> None:
    clock = StoppedClock()
    gateway = HttpGateway(module(faulty_url, "flaky"))
    sources = Sources({DEAL: Module(DEAL, gateway, 2.0, Breaker(failures=2, rest_seconds=10, now=clock))})
    async with httpx.AsyncClient(base_url=faulty_url) as http:
        await http.put("/flaky/broken")
        for _ in range(3):
            assert await accesses(sources) == ["UNAVAILABLE"] * 3
        await http.put("/flaky/mended")
        assert await accesses(sources) == ["UNAVAILABLE"] * 3
        clock.now = 10
        assert await accesses(sources) == ["GRANTED"] * 3
    assert await counted(faulty_url, "flaky") == 3
    await sources.aclose()


async def test_a_cancelled_request_does_not_count_as_a_failure(build: Build, faulty_url: str) -> None:
    sources = build(DEAL=module(faulty_url, "slow"))
    for _ in range(8):
        task = asyncio.create_task(accesses(sources))
        await asyncio.sleep(0.02)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
    before = await counted(faulty_url, "slow")
    task = asyncio.create_task(accesses(sources))
    await until_true(lambda: was_called(faulty_url, "slow", before + 1), "the next call")
    task.cancel()


async def test_an_error_in_a_gateway_makes_only_its_cards_unavailable(
    build: Build, faulty_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> dict[Check, Answer]:
        raise RuntimeError(SECRET_TITLE)

    monkeypatch.setattr("sources.contract.verdicts", broken)
    with capture_logs() as logs:
        assert await accesses(build(DEAL=module(faulty_url, "good"))) == ["UNAVAILABLE"] * 3
    assert [line["reasons"] for line in logs] == [{"the gateway raised RuntimeError": 3}]
