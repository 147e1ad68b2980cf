"""The client in examples/client receives each message once and in order, as docs/delivery.md promises."""

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
from tests.examples.client.lossy_proxy import lossy_proxy
from tests.support.api import Account
from tests.support.services import ProcessUnderTest, ServerProcess
from tests.support.waiting import until

pytestmark = pytest.mark.node


class Client(ProcessUnderTest):
    """A process that runs the example, which follows one channel."""

    def __init__(self, folder: Path) -> None:
        self._printed, self._log = folder / "printed", folder / "log"

    async def start(self, program: Path, token: str, *arguments: str) -> None:
        with self._printed.open("wb") as printed, self._log.open("wb") as log:
            self.process = await asyncio.create_subprocess_exec(
                "node", program, *arguments, env=os.environ | {"CHAT_TOKEN": token}, stdout=printed, stderr=log
            )

    @property
    def bodies(self) -> list[str]:
        """The messages of agents that it printed, in order."""
        lines = self._printed.read_text().splitlines()
        return [body for _, separator, body in (line.partition(": ") for line in lines) if separator]

    @property
    def log(self) -> str:
        """What it logged about its connection."""
        return self._log.read_text()

    async def has_printed(self, bodies: list[str]) -> None:
        """Waits until it has printed these messages. Fails if it has printed anything else, or anything twice."""
        await until(lambda: len(self.bodies) >= len(bodies) or self.process.returncode is not None, "all messages")
        assert self.bodies == bodies, self.log


@dataclass(frozen=True)
class FollowedChannel:
    """A channel in which bruno sends messages and which carla follows with the client."""

    account: Account
    channel: str
    server: ServerProcess
    client: Client
    sent: list[str]

    async def send(self, amount: int) -> None:
        for _ in range(amount):
            body = f"message {len(self.sent) + 1}"
            await self.account.bruno.send(self.channel, body)
            self.sent.append(body)

    @asynccontextmanager
    async def client_stopped(self) -> AsyncIterator[None]:
        """Stops the client during the block, after the server was killed and started again."""
        self.client.send(signal.SIGSTOP)
        await self.server.end_by(signal.SIGKILL)
        await self.server.start()
        yield
        self.client.send(signal.SIGCONT)


@pytest.fixture
async def followed(
    account: Account, server: ServerProcess, program: Path, tmp_path: Path
) -> AsyncIterator[FollowedChannel]:
    channel = await account.ana.create_channel("Room", "PRIVATE", memberIds=["bruno", "carla"])
    followed = FollowedChannel(account, channel, server, Client(tmp_path), [])
    await followed.send(3)
    await followed.client.start(program, str(account.carla.token), channel, f"{server.url}/graphql")
    await followed.client.has_printed(followed.sent)
    # It may have printed messages that it fetched, and the tests need its socket.
    await until(lambda: "Connected." in followed.client.log, "a socket")
    yield followed
    await followed.client.stop()


async def test_messages_are_printed_once_across_a_killed_server(followed: FollowedChannel) -> None:
    await followed.send(3)
    await followed.client.has_printed(followed.sent)
    async with followed.client_stopped():
        await followed.send(5)
    await followed.send(5)
    await followed.client.has_printed(followed.sent)
    assert "The socket closed with 1006" in followed.client.log
    assert "RESYNC_REQUIRED" not in followed.client.log


async def test_dropped_events_are_noticed_and_fetched_again(
    account: Account, server: ServerProcess, program: Path, tmp_path: Path
) -> None:
    channel = await account.ana.create_channel("Room", "PRIVATE", memberIds=["bruno", "carla"])
    client = Client(tmp_path)
    async with lossy_proxy(f"{server.url}/graphql") as (proxy, url):
        followed = FollowedChannel(account, channel, server, client, [])
        await followed.send(1)
        await client.start(program, str(account.carla.token), channel, url)
        await client.has_printed(followed.sent)
        await until(lambda: "Connected." in client.log, "a socket")
        await followed.send(2)
        await client.has_printed(followed.sent)
        assert "Events were lost" not in client.log
        proxy.drop = 2
        await followed.send(3)
        await client.has_printed(followed.sent)
        assert proxy.drop == 0
        assert client.log.count("Events were lost on the way.") == 1
        await client.stop()


async def test_the_client_reconnects_until_a_stopped_server_is_back(followed: FollowedChannel) -> None:
    assert await followed.server.end_by(signal.SIGTERM) == 0
    await until(lambda: followed.client.log.count("cannot be reached") >= 2, "two vain attempts")
    await followed.server.start()
    await followed.send(5)
    await followed.client.has_printed(followed.sent)
    assert "The socket closed with 1012" in followed.client.log


async def test_after_an_expired_position_the_client_fetches_what_it_missed(
    followed: FollowedChannel, engine: AsyncEngine
) -> None:
    """More than a page of messages."""
    async with followed.client_stopped():
        await followed.send(110)
        async with engine.begin() as connection:
            await connection.execute(delete(Change).where(col(Change.account_id) == followed.account.account_id))
    await followed.client.has_printed(followed.sent)
    assert "RESYNC_REQUIRED" in followed.client.log
    await followed.send(3)
    await followed.client.has_printed(followed.sent)


async def test_the_client_ends_when_its_agent_is_removed(followed: FollowedChannel) -> None:
    await followed.account.ana.mutate("removeChatMember", "channel { id }", channelId=followed.channel, agentId="carla")
    async with asyncio.timeout(10):
        assert await followed.client.process.wait() == 1
    assert "Stopped: ACCESS_LOST" in followed.client.log
    await followed.account.bruno.send(followed.channel, "in private")
    assert followed.client.bodies == followed.sent


async def test_the_client_ends_with_an_invalid_token(
    account: Account, program: Path, server: ServerProcess, tmp_path: Path
) -> None:
    channel = await account.ana.create_channel()
    client = Client(tmp_path)
    await client.start(program, "nonsense", channel, f"{server.url}/graphql")
    async with asyncio.timeout(10):
        assert await client.process.wait() == 1
    assert "Stopped: UNAUTHENTICATED" in client.log


def test_the_lock_file_names_no_registry() -> None:
    lock = (SOURCE / "package-lock.json").read_text()
    assert "integrity" in lock
    assert "resolved" not in lock
    assert "://" not in lock
