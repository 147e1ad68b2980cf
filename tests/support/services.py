"""Servers that tests can kill: the chat, Redis and PostgreSQL."""

import asyncio
import os
import signal
from asyncio.subprocess import Process
from collections.abc import Sequence
from pathlib import Path

import httpx
from redis.asyncio import Redis
from redis.exceptions import RedisError

from server.postgres.embedded import EmbeddedPostgres
from server.postgres.postmaster import postmaster_of
from tests.support.processes import SERVE, START_SECONDS, environment, free_port
from tests.support.waiting import until, until_true

SECRET = "a secret of thirty-two bytes or more"
GENEROUS = {
    "CHAT_OPERATIONS_BURST": "1000000",
    "CHAT_ANONYMOUS_OPERATIONS_BURST": "1000000",
    "CHAT_REQUESTS_PER_AGENT": "1000",
    "CHAT_SOCKETS_PER_AGENT": "1000",
}
"""Tests send more for one agent, and for one address, than a client should."""


class ProcessUnderTest:
    """A process that tests can send signals to."""

    process: Process

    def send(self, number: signal.Signals) -> None:
        self.process.send_signal(number)

    async def end_by(self, number: signal.Signals) -> int:
        self.send(number)
        async with asyncio.timeout(30):
            return await self.process.wait()

    async def stop(self) -> None:
        if self.process.returncode is None:
            self.send(signal.SIGCONT)
            await self.end_by(signal.SIGTERM)


class ServerProcess(ProcessUnderTest):
    """`internal-chat serve`."""

    command: Sequence[str] = SERVE

    def __init__(self, folder: Path, database_url: str, broadcast_url: str, **settings: str) -> None:
        self.port = free_port()
        self._log = folder / f"server-{self.port}.log"
        usual = {
            "CHAT_DATABASE_URL": database_url,
            "CHAT_BROADCAST_URL": broadcast_url,
            "CHAT_JWT_SECRET": SECRET,
            "CHAT_PORT": str(self.port),
            "CHAT_DATA_DIR": str(folder),
            "CHAT_DRAIN_SECONDS": "1",
            **GENEROUS,
        }
        self.settings = usual | settings
        self._environment = environment(self.settings)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def socket_url(self) -> str:
        return f"ws://127.0.0.1:{self.port}/graphql"

    def output(self) -> str:
        """Returns everything that the server has printed and logged."""
        return self._log.read_text()

    def log_lines(self) -> list[str]:
        """Returns the events that the server has logged. It also prints its banner."""
        return [line for line in self._log.read_text().splitlines() if line.startswith("{")]

    async def start(self) -> None:
        with self._log.open("ab") as log:
            self.process = await asyncio.create_subprocess_exec(
                *self.command, env=self._environment, stdout=log, stderr=log
            )
        await self.ready(patience=START_SECONDS)

    async def ready(self, status: int = 200, patience: float = 30) -> None:
        """Waits until /readyz answers with this status."""

        async def answers() -> bool:
            assert self.process.returncode is None, self._log.read_text()[-3000:]
            return await self.readiness() == status

        await until_true(answers, f"/readyz {status}", patience)

    async def readiness(self) -> int | None:
        """Returns the status of /readyz; None if the server does not answer."""
        try:
            async with httpx.AsyncClient(base_url=self.url, timeout=5) as http:
                return (await http.get("/readyz")).status_code
        except httpx.TransportError:
            return None


class RedisServer(ProcessUnderTest):
    """Redis without persistence."""

    def __init__(self) -> None:
        self.port = free_port()

    async def start(self) -> None:
        arguments = ["--port", str(self.port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]
        self.process = await asyncio.create_subprocess_exec(
            "redis-server", *arguments, stdout=asyncio.subprocess.DEVNULL
        )
        await until_true(self._answers, "Redis")

    async def close_clients(self) -> None:
        """Closes all connections of clients except its own, with CLIENT KILL."""
        async with Redis(port=self.port) as redis:
            for kind in ("normal", "pubsub"):
                await redis.client_kill_filter(_type=kind, skipme=True)

    async def close_subscribers(self) -> None:
        async with Redis(port=self.port) as redis:
            await redis.client_kill_filter(_type="pubsub", skipme=True)

    async def client_count(self) -> int:
        async with Redis(port=self.port) as redis:
            return len(await redis.client_list())

    async def _answers(self) -> bool:
        try:
            async with Redis(port=self.port) as redis:
                return bool(await redis.ping())
        except (RedisError, OSError):
            return False


class Postgres:
    """An embedded PostgreSQL for one test session."""

    def __init__(self, folder: Path) -> None:
        self._embedded = EmbeddedPostgres(folder)
        self._cluster = folder / "postgres"
        self.url = ""

    async def start(self) -> None:
        self.url = await asyncio.to_thread(self._embedded.start)

    async def stop(self) -> None:
        await asyncio.to_thread(self._embedded.stop)

    async def end_by(self, number: signal.Signals) -> None:
        """Sends the signal and waits until the server has ended. SIGQUIT is `pg_ctl stop -m immediate`."""
        server = postmaster_of(self._cluster)
        assert server is not None
        os.kill(server.pid, number)
        await until(lambda: postmaster_of(self._cluster) is None, "PostgreSQL is gone")
