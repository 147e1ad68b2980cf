"""Changes are partitioned by day: streams resume across days, and old days are removed by dropping their partitions."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from uuid import UUID

import httpx
import pytest
import uvicorn
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine

from chat.identity import AgentToken
from chat.operations.change_messages import add_reaction, remove_reaction
from chat.ports import Chat
from live import partitions
from live.partitions import DAYS_AHEAD, make_partitions, remove_days
from live.pruning import prune
from server.addresses import async_url
from server.app import create_app
from server.settings import Settings
from tests.support.api import Account, Api
from tests.support.databases import Databases
from tests.support.sockets import Stream, open_socket
from tests.support.waiting import until

CHANGED = """subscription ($channel: ID!, $since: String) {
  chatChannelChanged(channelId: $channel, since: $since) { change position }
}"""
TODAY = datetime.now(UTC).date()
DAY = timedelta(days=1)


@dataclass
class Clock:
    ahead: timedelta = timedelta()

    def now(self) -> datetime:
        return datetime.now(UTC) + self.ahead


@dataclass(frozen=True)
class Place:
    """A server on a database of its own, with a channel in which changes are made on any day."""

    account: Account
    socket_url: str
    chat: Chat
    clock: Clock
    channel: str
    message: UUID

    async def react(self, days: int) -> None:
        """Makes a change so many days from now."""
        self.clock.ahead = days * DAY
        identity = AgentToken(self.account.account_id, "bruno", datetime.now(UTC) + timedelta(hours=1))
        await add_reaction(self.chat, identity, self.message, "👍")
        await remove_reaction(self.chat, identity, self.message, "👍")

    async def rows(self, query: str) -> list[tuple[object, ...]]:
        async with self.account.api.engine.connect() as connection:
            return [tuple(row) for row in await connection.execute(text(query))]

    async def days(self) -> list[date]:
        """Returns the days of the account's changes, in the order of their numbers."""
        rows = await self.rows(
            f"SELECT day FROM changes WHERE account_id = '{self.account.account_id}' ORDER BY change"
        )
        return [day for (day,) in rows if isinstance(day, date)]

    async def partitions(self) -> set[str]:
        """Returns the partitions of both tables."""
        rows = await self.rows("SELECT CAST(CAST(inhrelid AS regclass) AS text) FROM pg_inherits")
        return {str(name) for (name,) in rows if str(name).startswith("change") and "_idx" not in str(name)} - {
            str(name) for (name,) in rows if str(name).endswith("_pkey")
        }


@pytest.fixture
async def place(databases: Databases, worker_id: str, tmp_path: Path) -> AsyncIterator[Place]:
    name = f"partitions_{worker_id}_{tmp_path.name[-40:]}"
    url = await asyncio.to_thread(databases.create, name)
    settings = Settings(data_dir=tmp_path)
    app = create_app(settings, url, {})
    listener = uvicorn.Server(uvicorn.Config(app, port=0, ws="websockets-sansio", log_level="warning"))
    serving = asyncio.create_task(listener.serve())
    await until(lambda: listener.started, "a started server")
    port, engine = listener.servers[0].sockets[0].getsockname()[1], create_async_engine(async_url(url))
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=30) as http:
        account = await Api(http, settings, engine, app.state.hub, app.state.pools, {}).create_account()
        clock = Clock()
        chat = replace(app.state.services.chat, clock=clock)
        channel = await account.bruno.create_channel(memberIds=["carla"])
        message = UUID((await account.bruno.send(channel)).removeprefix("msg_"))
        yield Place(account, f"ws://127.0.0.1:{port}/graphql", chat, clock, channel, message)
    await engine.dispose()
    listener.should_exit = True
    await serving


async def positions(stream: Stream, count: int) -> list[str]:
    events = [await stream.data() for _ in range(count)]
    assert {event["change"] for event in events} == {"MESSAGE_UPDATED"}
    return [event["position"] for event in events]


async def test_a_stream_goes_on_and_resumes_across_midnight(place: Place) -> None:
    carla = place.account.carla
    since = await carla.position(place.channel)
    async with open_socket(place.socket_url, carla.token) as socket:
        live = await socket.subscribe(CHANGED, channel=place.channel, since=since)
        await place.account.until_subscribed()
        for days in (0, 1, 2):
            await place.react(days)
        delivered = await positions(live, 6)
    await place.account.until_subscribed(0)
    assert (await place.days())[-6:] == [TODAY, TODAY, TODAY + DAY, TODAY + DAY, TODAY + 2 * DAY, TODAY + 2 * DAY]
    for already in range(6):
        async with open_socket(place.socket_url, carla.token) as socket:
            start = delivered[already - 1] if already else since
            replay = await socket.subscribe(CHANGED, channel=place.channel, since=start)
            assert await positions(replay, 6 - already) == delivered[already:]
        await place.account.until_subscribed(0)


async def test_the_day_never_decreases(place: Place) -> None:
    """As when the clock of one server is behind that of another. A clock that is far ahead is not believed."""
    for days in (1, 0, 400, 2):
        await place.react(days)
    latest = TODAY + DAYS_AHEAD * DAY
    assert (await place.days())[-8:] == [TODAY + DAY] * 4 + [latest] * 4
    assert await place.rows("SELECT count(*) FROM changes_default") == [(0,)]


async def test_dropping_a_day_keeps_later_positions(place: Place) -> None:
    carla = place.account.carla
    dropped = await carla.position(place.channel)
    await place.react(0)
    kept = await carla.position(place.channel)
    await place.react(1)
    assert await remove_days(place.account.api.pool, TODAY + DAY) == 1
    assert await place.days() == [TODAY + DAY, TODAY + DAY]
    async with open_socket(place.socket_url, carla.token) as socket:
        stream = await socket.subscribe(CHANGED, channel=place.channel, since=dropped)
        assert await stream.error_code() == "RESYNC_REQUIRED"
        stream = await socket.subscribe(CHANGED, channel=place.channel, since=kept)
        assert len(await positions(stream, 2)) == 2


async def test_a_change_without_a_partition_is_in_the_default_one(place: Place) -> None:
    pool, carla, day = place.account.api.pool, place.account.carla, TODAY + 2 * DAY
    since = await carla.position(place.channel)
    async with place.account.api.engine.begin() as connection:
        for table in ("changes", "changed_agents"):
            await connection.execute(text(f"DROP TABLE {table}_{day:%Y%m%d}"))
    await place.react(2)
    assert await place.rows("SELECT count(*) FROM changes_default") == [(2,)]
    await make_partitions(pool, TODAY + DAY)
    made = await place.partitions()
    assert f"changes_{day:%Y%m%d}" not in made
    assert f"changes_{TODAY + (DAYS_AHEAD + 1) * DAY:%Y%m%d}" in made
    async with open_socket(place.socket_url, carla.token) as socket:
        stream = await socket.subscribe(CHANGED, channel=place.channel, since=since)
        replayed = await positions(stream, 2)
        await place.react(3)
        assert len({*replayed, *await positions(stream, 2)}) == 4
    assert await remove_days(pool, TODAY + 3 * DAY) == 3
    assert await place.rows("SELECT count(*) FROM changes_default") == [(0,)]
    await make_partitions(pool, day)
    assert f"changes_{day:%Y%m%d}" in await place.partitions()


async def test_several_processes_prune_at_the_same_time(place: Place) -> None:
    await place.react(0)
    later = datetime.now(UTC) + 20 * DAY
    await asyncio.gather(*(prune(place.account.api.pool, later) for _ in range(8)))
    await prune(place.account.api.pool, later)
    days = {later.date() + ahead * DAY for ahead in range(DAYS_AHEAD + 1)}
    expected = {f"{table}_{day:%Y%m%d}" for table in ("changes", "changed_agents") for day in days}
    # Of the partitions that existed, those of the last fourteen days are kept.
    kept = {TODAY + ahead * DAY for ahead in (6, 7)}
    expected |= {f"{table}_{day:%Y%m%d}" for table in ("changes", "changed_agents") for day in kept}
    assert await place.partitions() == expected | {"changes_default", "changed_agents_default"}
    assert await place.days() == []


async def test_a_removal_waits_for_a_writer_without_stopping_the_others(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(partitions, "LOCK_TIMEOUT", "20ms")
    monkeypatch.setattr(partitions, "PAUSE_SECONDS", 0.05)
    monkeypatch.setattr(partitions, "ATTEMPTS", 1_000)
    async with place.account.api.engine.begin() as writer:
        await writer.execute(
            text("INSERT INTO changes (account_id, change, kind, created_at) VALUES ('x', 1, 'MEMBERS_COUNTED', now())")
        )
        removal = asyncio.create_task(remove_days(place.account.api.pool, TODAY + DAY))
        for _ in range(5):
            await place.account.bruno.send(place.channel)
        assert not removal.done()
    assert await removal == 1


async def test_a_removal_that_was_interrupted_is_completed(place: Place) -> None:
    """A process ended after it had detached a partition."""
    async with place.account.api.engine.begin() as connection:
        await connection.execute(text(f"ALTER TABLE changes DETACH PARTITION changes_{TODAY:%Y%m%d}"))
    assert await remove_days(place.account.api.pool, TODAY + DAY) == 1
    names = await place.rows("SELECT relname FROM pg_class WHERE relkind = 'r'")
    assert not [name for (name,) in names if str(name).endswith(f"_{TODAY:%Y%m%d}")]
