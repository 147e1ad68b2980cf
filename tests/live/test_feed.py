"""Streams of one process share what they read for an event, and do not use it when it is outdated."""

import asyncio
from collections.abc import Sequence
from contextvars import copy_context
from typing import NoReturn

import asyncpg
import pytest

import loaders.messages
from execution.loads import running_resolver
from models.database import Connection, Record
from models.statements import Statement
from tests.support.api import Account
from tests.support.sockets import Json, Socket, open_socket

ADDED = """subscription ($channel: ID!, $since: String) {
  chatMessageAdded(channelId: $channel, since: $since) { message { body deletedAt } position }
}"""
PRESENCE = 'subscription { chatPresenceChanged(agentIds: ["ana"]) { id } }'


async def test_a_replay_shows_the_current_message(account: Account, socket_url: str) -> None:
    channel = await account.ana.create_channel("Equipe", "PRIVATE", memberIds=["bruno", "carla"])
    position = await account.carla.position(channel)
    async with open_socket(socket_url, account.carla.token) as socket:
        live = await socket.subscribe(ADDED, channel=channel, since=position)
        first = await account.bruno.send(channel, "said in haste")
        second = await account.bruno.send(channel, "said wrong")
        assert [(await live.data())["message"]["body"] for _ in range(2)] == ["said in haste", "said wrong"]
        await account.bruno.mutate("deleteChatMessage", "message { id }", messageId=first)
        await account.bruno.mutate("editChatMessage", "message { id }", messageId=second, body="said right")
        replay = await socket.subscribe(ADDED, channel=channel, since=position)
        tombstone, edited = [(await replay.data())["message"] for _ in range(2)]
    assert tombstone["body"] == ""
    assert tombstone["deletedAt"] is not None
    assert edited["body"] == "said right"


async def test_a_failed_read_is_repeated_for_the_next_stream(
    account: Account, socket_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One failure of the database does not break the event for the streams that resume after it."""
    channel = await account.ana.create_channel("Equipe", "PRIVATE", memberIds=["bruno", "carla"])
    position = await account.carla.position(channel)
    fetch = Statement.fetch
    broken = True

    async def failing(self: Statement, connection: Connection, **parameters: object) -> Sequence[Record]:
        if broken and self is loaders.messages.MESSAGES:
            raise OSError("the database is away")
        return await fetch(self, connection, **parameters)

    async with open_socket(socket_url, account.carla.token) as own:
        await own.subscribe(PRESENCE)  # keeps the account's feed in memory
        stream = await own.subscribe(ADDED, channel=channel, since=position)
        await account.until_subscribed(2)
        monkeypatch.setattr(Statement, "fetch", failing)
        await account.bruno.send(channel, "Bom dia")
        assert await stream.error_code() == "INTERNAL_SERVER_ERROR"
        broken = False
        async with asyncio.timeout(10):
            payload = await first_result(own, channel, position)
            while "errors" in payload:
                payload = await first_result(own, channel, position)
        assert payload["data"]["chatMessageAdded"]["message"]["body"] == "Bom dia"


async def test_a_stream_that_ends_during_a_shared_read_does_not_cancel_it(
    account: Account, socket_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    channel = await account.ana.create_channel("Equipe", "PRIVATE", memberIds=["bruno", "carla"])
    fetch = Statement.fetch
    reading, go_on = asyncio.Event(), asyncio.Event()

    async def slow(self: Statement, connection: Connection, **parameters: object) -> Sequence[Record]:
        if self is loaders.messages.MESSAGES:
            reading.set()
            await go_on.wait()
        return await fetch(self, connection, **parameters)

    async with open_socket(socket_url, account.carla.token) as socket:
        ending, staying = [await socket.subscribe(ADDED, channel=channel) for _ in range(2)]
        await account.until_subscribed(2)
        monkeypatch.setattr(Statement, "fetch", slow)
        sending = asyncio.create_task(account.bruno.send(channel, "Bom dia"))
        async with asyncio.timeout(10):
            await reading.wait()
        await ending.stop()
        await account.until_subscribed(1)
        assert not staying.has_result
        go_on.set()
        assert (await staying.data())["message"]["body"] == "Bom dia"
        await sending


async def test_streams_stopped_while_opening_do_not_close_connections(
    account: Account, socket_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A statement that is cancelled would make its connection unusable."""
    closed = 0
    terminate = asyncpg.Connection.terminate

    def count(self: asyncpg.Connection) -> None:
        nonlocal closed
        closed += 1
        terminate(self)  # type: ignore[no-untyped-call]

    monkeypatch.setattr(asyncpg.Connection, "terminate", count)
    async with open_socket(socket_url, account.carla.token) as socket:
        for moment in range(40):
            stream = await socket.subscribe("subscription { chatMessageAdded { position } }")
            await asyncio.sleep(0.0005 * moment)
            await stream.stop()
        # Its answer shows that the server has seen everything sent before it.
        assert await (await socket.subscribe("{ __typename }")).next() == {"data": {"__typename": "Query"}}
        await account.until_subscribed(0)
    assert closed == 0


async def first_result(socket: Socket, channel: str, position: str) -> Json:
    """Returns the first result of a new stream."""
    stream = await socket.subscribe(ADDED, channel=channel, since=position)
    return await stream.next()


class _Resolver:
    """A resolver whose execution has not ended, and counts the loads that become part of it."""

    is_in_execution = True

    def __init__(self) -> None:
        self.loads = 0

    def future_of(self, _: object) -> NoReturn:
        self.loads += 1
        raise AssertionError("the load became part of the execution")


async def test_the_hub_reads_outside_of_the_execution_that_woke_it(
    account: Account, socket_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    channel = await account.ana.create_channel("Equipe", memberIds=["bruno"])
    hub, resolver, changes = account.api.hub, _Resolver(), []
    changed = hub.changed
    async with open_socket(socket_url, account.bruno.token) as socket:
        stream = await socket.subscribe(ADDED, channel=channel)
        await account.until_subscribed()
        with monkeypatch.context() as patch:
            patch.setattr(hub, "changed", lambda account_id, change: changes.append((account_id, change)))
            await account.ana.send(channel, "Bom dia")
        context = copy_context()
        context.run(running_resolver.set, resolver)
        context.run(changed, *changes[0])
        assert (await stream.data())["message"]["body"] == "Bom dia"
    assert resolver.loads == 0
