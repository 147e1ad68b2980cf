"""The breaker opens after consecutive failures, and lets one trial call through after its pause."""

import pytest

from sources.breaker import Breaker, BreakerOpen


class StoppedClock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> StoppedClock:
    return StoppedClock()


@pytest.fixture
def breaker(clock: StoppedClock) -> Breaker:
    return Breaker(failures=3, rest_seconds=10, now=clock)


def fail(breaker: Breaker, times: int = 1) -> None:
    for _ in range(times):
        with breaker.attempt():
            breaker.failed()


def succeed(breaker: Breaker) -> None:
    with breaker.attempt():
        breaker.answered()


def refuses_a_call(breaker: Breaker) -> bool:
    try:
        succeed(breaker)
    except BreakerOpen:
        return True
    return False


def test_consecutive_failures_open_the_breaker(breaker: Breaker) -> None:
    fail(breaker, 2)
    succeed(breaker)
    fail(breaker, 2)
    assert not breaker.is_open
    succeed(breaker)
    fail(breaker, 3)
    assert breaker.is_open
    assert refuses_a_call(breaker)


def test_a_successful_trial_closes_the_breaker(breaker: Breaker, clock: StoppedClock) -> None:
    fail(breaker, 3)
    clock.now = 9.9
    assert refuses_a_call(breaker)
    clock.now = 10
    succeed(breaker)
    fail(breaker, 2)
    assert not breaker.is_open


def test_a_failed_trial_starts_another_pause(breaker: Breaker, clock: StoppedClock) -> None:
    fail(breaker, 3)
    clock.now = 10
    fail(breaker)
    clock.now = 19.9
    assert refuses_a_call(breaker)
    clock.now = 20
    assert not refuses_a_call(breaker)


def test_only_one_call_is_let_through_as_a_trial(breaker: Breaker, clock: StoppedClock) -> None:
    fail(breaker, 3)
    clock.now = 10
    with breaker.attempt():
        assert refuses_a_call(breaker)
    assert not refuses_a_call(breaker)


def test_after_a_cancelled_trial_another_call_is_let_through(breaker: Breaker, clock: StoppedClock) -> None:
    fail(breaker, 3)
    clock.now = 10
    with pytest.raises(KeyboardInterrupt), breaker.attempt():
        raise KeyboardInterrupt
    assert breaker.is_open
    assert not refuses_a_call(breaker)


def test_a_call_without_a_result_changes_nothing(breaker: Breaker, clock: StoppedClock) -> None:
    fail(breaker, 2)
    with breaker.attempt():
        pass
    fail(breaker)
    assert breaker.is_open
    clock.now = 10
    with breaker.attempt():
        pass
    assert breaker.is_open
    assert not refuses_a_call(breaker)
