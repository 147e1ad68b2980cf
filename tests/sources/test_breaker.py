"""The breaker opens after failures in a row, rests, and lets one call try for all."""

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


def rests(breaker: Breaker) -> bool:
    try:
        succeed(breaker)
    except BreakerOpen:
        return True
    return False


def test_failures_in_a_row_open_it(breaker: Breaker) -> None:
    fail(breaker, 2)
    succeed(breaker)
    fail(breaker, 2)
    assert not breaker.is_open
    succeed(breaker)
    fail(breaker, 3)
    assert breaker.is_open
    assert rests(breaker)


def test_after_its_rest_a_success_closes_it(breaker: Breaker, clock: StoppedClock) -> None:
    fail(breaker, 3)
    clock.now = 9.9
    assert rests(breaker)
    clock.now = 10
    succeed(breaker)
    fail(breaker, 2)
    assert not breaker.is_open


def test_a_trial_that_fails_is_another_rest(breaker: Breaker, clock: StoppedClock) -> None:
    fail(breaker, 3)
    clock.now = 10
    fail(breaker)
    clock.now = 19.9
    assert rests(breaker)
    clock.now = 20
    assert not rests(breaker)


def test_one_turn_tries_alone(breaker: Breaker, clock: StoppedClock) -> None:
    fail(breaker, 3)
    clock.now = 10
    with breaker.attempt():
        assert rests(breaker)
    assert not rests(breaker)


def test_a_cancelled_trial_leaves_the_next_to_another(breaker: Breaker, clock: StoppedClock) -> None:
    fail(breaker, 3)
    clock.now = 10
    with pytest.raises(KeyboardInterrupt), breaker.attempt():
        raise KeyboardInterrupt
    assert breaker.is_open
    assert not rests(breaker)


def test_a_turn_that_says_nothing_leaves_all_as_it_was(breaker: Breaker, clock: StoppedClock) -> None:
    fail(breaker, 2)
    with breaker.attempt():
        pass
    fail(breaker)
    assert breaker.is_open
    clock.now = 10
    with breaker.attempt():
        pass
    assert breaker.is_open
    assert not rests(breaker)
