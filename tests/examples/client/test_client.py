"""The client in examples/client, and what docs/delivery.md promises it: each message once and in order."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy import delete
from sqlalchemy.ext.asyncio import AsyncEngine
from sqlmodel import col

from models import Change
from tests.examples.client.conftest import SOURCE
from tests.support.api import Account
from tests.support.services import Part, ServerProcess
from tests.support.waiting import until

pytestmark = pytest.mark.node


class Client(Part):
    """The example as a process, following one channel."""

    def __init__(self, folder: Path) -> None:
        self._printed, self._log = folder / "printed", folder / "log"

    async def start(self, program: Path, token: str, *arguments: str) -> None:
        with self._printed.open("wb") as printed, self._log.open("wb") as log:
            self.process = await asyncio.create_subprocess_exec(
                "node", program, *arguments, env=os.environ | {"CHAT_TOKEN": token}, stdout=printed, stderr=log
            )

    @property
    def bodies(self) -> list[str]:
        """What it printed of agents's words, in order."""
        lines = self._printed.read_text().splitlines()
        return [body for _, said, body in (line.partition(": ") for line in lines) if said]

    @property
    def log(self) -> str:
        """What it told of its connection."""
        return self._log.read_text()

    async def has(self, bodies: list[str]) -> None:
        """Returns once it has printed these; anything else, or anything twice, is a failure."""
        await until(lambda: len(self.bodies) >= len(bodies) or self.process.returncode is not None, "all messages")
        assert self.bodies == bodies, self.log


@dataclass(frozen=True)
class Talk:
    """Bruno talks in a channel that Carla follows with the client."""

    account: Account
    channel: str
    server: ServerProcess
    client: Client
    said: list[str]

    async def say(self, amount: int) -> None:
        for _ in range(amount):
            body = f"message {len(self.said) + 1}"
            await self.account.bruno.send(self.channel, body)
            self.said.append(body)

    @asynccontextmanager
    async def client_away(self) -> AsyncIterator[None]:
        """Meanwhile the client does nothing, and the server is killed and started again."""
        self.client.send(signal.SIGSTOP)
        await self.server.end_by(signal.SIGKILL)
        await self.server.start()
        yield
        self.client.send(signal.SIGCONT)


@pytest.fixture
async def talk(account: Account, server: ServerProcess, program: Path, tmp_path: Path) -> AsyncIterator[Talk]:
    channel = await account.ana.create_channel("Room", "PRIVATE", memberIds=["bruno", "carla"])
    talk = Talk(account, channel, server, Client(tmp_path), [])
    await talk.say(3)
    await talk.client.start(program, str(account.carla.token), channel, f"{server.url}/graphql")
    await talk.client.has(talk.said)
    # What it has said may be from the page alone: a server that ends before the socket opens closes none.
    await until(lambda: "Connected." in talk.client.log, "a socket")
    yield talk
    await talk.client.stop()


async def test_each_message_once_across_a_killed_server(talk: Talk) -> None:
    await talk.say(3)
    await talk.client.has(talk.said)
    async with talk.client_away():
        await talk.say(5)
    await talk.say(5)
    await talk.client.has(talk.said)
    assert "The socket closed with 1006" in talk.client.log
    assert "RESYNC_REQUIRED" not in talk.client.log


async def test_a_server_that_leaves_and_stays_away_is_asked_until_it_is_back(talk: Talk) -> None:
    assert await talk.server.end_by(signal.SIGTERM) == 0
    await until(lambda: talk.client.log.count("cannot be reached") >= 2, "two vain attempts")
    await talk.server.start()
    await talk.say(5)
    await talk.client.has(talk.said)
    assert "The socket closed with 1012" in talk.client.log


async def test_a_position_too_old_is_answered_by_fetching_what_was_missed(talk: Talk, engine: AsyncEngine) -> None:
    """More than a page of it."""
    async with talk.client_away():
        await talk.say(110)
        async with engine.begin() as connection:
            await connection.execute(delete(Change).where(col(Change.account_id) == talk.account.account_id))
    await talk.client.has(talk.said)
    assert "RESYNC_REQUIRED" in talk.client.log
    await talk.say(3)
    await talk.client.has(talk.said)


async def test_removal_ends_it(talk: Talk) -> None:
    await talk.account.ana.mutate("removeChatMember", "channel { id }", channelId=talk.channel, agentId="carla")
    async with asyncio.timeout(10):
        assert await talk.client.process.wait() == 1
    assert "The end: ACCESS_LOST" in talk.client.log
    await talk.account.bruno.send(talk.channel, "in private")
    assert talk.client.bodies == talk.said


async def test_a_token_that_does_not_hold_ends_it(
    account: Account, program: Path, server: ServerProcess, tmp_path: Path
) -> None:
    channel = await account.ana.create_channel()
    client = Client(tmp_path)
    await client.start(program, "nonsense", channel, f"{server.url}/graphql")
    async with asyncio.timeout(10):
        assert await client.process.wait() == 1
    assert "The end: UNAUTHENTICATED" in client.log


def test_the_lock_file_names_no_registry() -> None:
    lock = (SOURCE / "package-lock.json").read_text()
    assert "integrity" in lock
    assert "resolved" not in lock
    assert "://" not in lock
