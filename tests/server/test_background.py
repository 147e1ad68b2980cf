"""The supervision of background parts, with parts that each test makes, and what /readyz reports of them."""

import asyncio
from collections.abc import Mapping
from types import SimpleNamespace

import httpx
import pytest
from starlette.applications import Starlette
from structlog.testing import capture_logs

from live.hub import Hub
from server import background
from server.background import BackgroundParts
from server.http.connections import Connections
from server.http.health import health_routes
from server.postgres.migrate import head_revision
from tests.support.waiting import until


class FakePart:
    """A part that runs until a test makes it fail or return, or until it is cancelled."""

    def __init__(self) -> None:
        self.starts = 0
        self.cancelled = False
        self._ends: asyncio.Queue[Exception | None] = asyncio.Queue()

    async def run(self) -> None:
        self.starts += 1
        try:
            error = await self._ends.get()
        except asyncio.CancelledError:
            self.cancelled = True
            raise
        if error is not None:
            raise error

    def fail(self) -> None:
        self._ends.put_nowait(RuntimeError("the part failed"))

    def finish(self) -> None:
        self._ends.put_nowait(None)


@pytest.fixture
def parts() -> Mapping[str, FakePart]:
    return {"first": FakePart(), "second": FakePart()}


@pytest.fixture
def supervised(parts: Mapping[str, FakePart]) -> BackgroundParts:
    return BackgroundParts({name: part.run for name, part in parts.items()})


@pytest.fixture
def no_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(background, "BACKOFF_SECONDS", (0.0, 0.0))


@pytest.fixture
def endless_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    """A part that fails stays down for the rest of the test."""
    monkeypatch.setattr(background, "BACKOFF_SECONDS", (3600.0, 3600.0))


async def test_parts_run_inside_the_block_and_not_before(
    parts: Mapping[str, FakePart], supervised: BackgroundParts
) -> None:
    assert supervised.running == {"first": False, "second": False}
    async with supervised.started():
        await until(lambda: all(supervised.running.values()), "both parts")
        assert [part.starts for part in parts.values()] == [1, 1]


async def test_stopping_cancels_every_part_and_waits_for_it(
    parts: Mapping[str, FakePart], supervised: BackgroundParts
) -> None:
    async with supervised.started():
        await until(lambda: all(supervised.running.values()), "both parts")
    assert all(part.cancelled for part in parts.values())
    assert supervised.running == {"first": False, "second": False}


async def test_an_error_in_the_block_stops_the_parts(
    parts: Mapping[str, FakePart], supervised: BackgroundParts
) -> None:
    async def fail_in_the_block() -> None:
        async with supervised.started():
            await until(lambda: all(supervised.running.values()), "both parts")
            raise KeyError("of the block")

    with pytest.raises(ExceptionGroup) as raised:
        await fail_in_the_block()
    assert raised.group_contains(KeyError, match="of the block")
    assert all(part.cancelled for part in parts.values())


@pytest.mark.usefixtures("no_pause")
async def test_a_part_that_fails_is_logged_and_restarted(
    parts: Mapping[str, FakePart], supervised: BackgroundParts
) -> None:
    with capture_logs() as logs:
        async with supervised.started():
            for _ in range(3):
                parts["first"].fail()
            await until(lambda: parts["first"].starts == 4, "the fourth start")
            assert supervised.running == {"first": True, "second": True}
    failures = [log for log in logs if log["event"] == "background_part_failed"]
    assert [(log["part"], log["log_level"]) for log in failures] == [("first", "error")] * 3


@pytest.mark.usefixtures("no_pause")
async def test_a_part_that_returns_is_logged_and_restarted(
    parts: Mapping[str, FakePart], supervised: BackgroundParts
) -> None:
    with capture_logs() as logs:
        async with supervised.started():
            parts["first"].finish()
            await until(lambda: parts["first"].starts == 2, "the second start")
    assert [log["part"] for log in logs if log["event"] == "background_part_ended"] == ["first"]


@pytest.mark.usefixtures("endless_pause")
async def test_the_other_parts_go_on_while_one_is_down(
    parts: Mapping[str, FakePart], supervised: BackgroundParts
) -> None:
    async with supervised.started():
        parts["first"].fail()
        await until(lambda: not supervised.running["first"] and parts["first"].starts == 1, "the failure")
        assert supervised.running == {"first": False, "second": True}
        assert parts["second"].starts == 1
        assert not parts["second"].cancelled


@pytest.mark.usefixtures("endless_pause")
async def test_stopping_does_not_wait_for_the_pause_of_a_part_that_is_down(
    parts: Mapping[str, FakePart], supervised: BackgroundParts
) -> None:
    async with asyncio.timeout(10):
        async with supervised.started():
            parts["first"].fail()
            await until(lambda: not supervised.running["first"] and parts["first"].starts == 1, "the failure")


async def test_the_pause_doubles_up_to_the_longest(
    parts: Mapping[str, FakePart], supervised: BackgroundParts, monkeypatch: pytest.MonkeyPatch
) -> None:
    pauses: list[float] = []

    async def record(seconds: float) -> None:
        pauses.append(seconds)

    recording = SimpleNamespace(sleep=record, TaskGroup=asyncio.TaskGroup, get_running_loop=asyncio.get_running_loop)
    monkeypatch.setattr(background, "BACKOFF_SECONDS", (1.0, 10.0))
    monkeypatch.setattr("server.background.asyncio", recording)
    monkeypatch.setattr("server.background.random", SimpleNamespace(uniform=lambda *_: 1.0))
    for _ in range(6):
        parts["first"].fail()
    async with supervised.started():
        await until(lambda: len(pauses) == 6, "six restarts")
    assert pauses == [1.0, 2.0, 4.0, 8.0, 10.0, 10.0]


@pytest.mark.usefixtures("endless_pause")
async def test_readyz_answers_503_while_a_part_is_down(
    app: Starlette, parts: Mapping[str, FakePart], supervised: BackgroundParts
) -> None:
    hub: Hub = app.state.hub
    await until(lambda: hub.broadcast_is_healthy, "the broadcast of the application")
    routes = health_routes(app.state.pool, head_revision(), hub, supervised, Connections())
    transport = httpx.ASGITransport(Starlette(routes=routes))
    async with supervised.started(), httpx.AsyncClient(transport=transport, base_url="http://chat.test") as http:
        await until(lambda: all(supervised.running.values()), "both parts")
        ready = await http.get("/readyz")
        assert (ready.status_code, set(ready.json().values())) == (200, {True})
        parts["first"].fail()
        await until(lambda: not supervised.running["first"], "the failure")
        unready = await http.get("/readyz")
        assert unready.status_code == 503
        assert {name for name, passed in unready.json().items() if not passed} == {"first"}
        assert (await http.get("/healthz")).status_code == 200


async def test_readyz_of_the_application_names_its_background_parts(app: Starlette) -> None:
    hub: Hub = app.state.hub
    await until(lambda: hub.broadcast_is_healthy, "the broadcast of the application")
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://chat.test") as http:
        ready = await http.get("/readyz")
    assert ready.status_code == 200
    assert {"hub", "presence", "pruning"} <= set(ready.json())
