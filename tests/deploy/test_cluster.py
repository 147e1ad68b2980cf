"""`scripts/cluster`: two servers behind HAProxy. One is killed under load, and nothing is lost."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from sqlalchemy.ext.asyncio import create_async_engine

from server.addresses import async_url
from server.settings import Settings
from tests.live.faults.clients import Client, Sender
from tests.live.faults.deliveries import SendLog, compare, stored_bodies
from tests.support.api import Account, Api
from tests.support.databases import Databases
from tests.support.processes import environment, free_port
from tests.support.services import SECRET, ProcessUnderTest
from tests.support.waiting import until

ROOT = Path(__file__).parents[2]

pytestmark = [pytest.mark.haproxy, pytest.mark.redis]


class Cluster(ProcessUnderTest):
    """The programs of `scripts/cluster`."""

    def __init__(self, folder: Path, database_url: str) -> None:
        self.port = free_port()
        self.folder = folder / "cluster"
        self._output = folder / "output"
        self._environment = environment(
            {"CHAT_DATABASE_URL": database_url, "CHAT_JWT_SECRET": SECRET, "CHAT_DATA_DIR": str(folder)}
        )

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def output(self) -> str:
        return self._output.read_text()

    async def start(self) -> None:
        command = [sys.executable, "-m", "deploy.cluster", "--port", str(self.port)]
        with self._output.open("wb") as output:
            self.process = await asyncio.create_subprocess_exec(
                *command, cwd=ROOT, env=self._environment, stdout=output, stderr=output
            )
        await until(lambda: "are running" in self.output or self.process.returncode is not None, "the cluster", 120)
        assert self.process.returncode is None, self.output

    def pid(self, program: str) -> int:
        return int((self.folder / f"{program}.pid").read_text())

    async def has_restarted(self, program: str) -> None:
        log = self.folder / f"{program}.log"
        await until(lambda: log.read_text().count("broadcast_ready") == 2, f"the restart of {program}")

    def is_running(self, program: str) -> bool:
        try:
            os.kill(self.pid(program), 0)
        except ProcessLookupError:
            return False
        return True


@pytest.fixture(scope="module")
def database(databases: Databases, worker_id: str) -> str:
    return databases.create(f"cluster_{worker_id}")


@pytest.fixture(scope="module")
async def cluster(tmp_path_factory: pytest.TempPathFactory, database: str) -> AsyncIterator[Cluster]:
    cluster = Cluster(tmp_path_factory.mktemp("cluster"), database)
    await cluster.start()
    yield cluster
    await cluster.stop()


@pytest.fixture
async def account(cluster: Cluster, database: str, tmp_path: Path) -> AsyncIterator[Account]:
    engine = create_async_engine(async_url(database))
    settings = Settings(data_dir=tmp_path, jwt_secret=SECRET)
    async with httpx.AsyncClient(base_url=cluster.url, timeout=10) as http:
        account = Account(Api(http, settings, engine), "cluster")
        await account.sync(
            agents=[{"id": "ana", "name": "Ana", "role": "ADMINISTRATOR"}, {"id": "carla", "name": "Carla"}]
        )
        await account.ana.mutate("updateChatAccountSettings", "settings { chatEnabled }", chatEnabled=True)
        yield account
    await engine.dispose()


async def test_a_server_is_killed_under_load_and_nothing_is_lost(cluster: Cluster, account: Account) -> None:
    channel = await account.ana.create_channel("Equipe", "PRIVATE", memberIds=["carla"])
    start = await account.carla.position(channel)
    socket_url = cluster.url.replace("http", "ws") + "/graphql"
    clients = [Client(account.carla, [socket_url], channel, start) for _ in range(4)]
    send_log, done = SendLog(), asyncio.Event()
    senders = [Sender([account.ana], channel, send_log) for _ in range(3)]
    sending = asyncio.gather(*(_send_until(done, sender) for sender in senders))
    for program in ("server-a", "server-b"):
        sent = len(send_log.acknowledged)
        await until(lambda sent=sent: len(send_log.acknowledged) > sent + 20, "20 messages")  # type: ignore[misc]
        os.kill(cluster.pid(program), signal.SIGKILL)
        await cluster.has_restarted(program)
    done.set()
    await sending
    stored = await stored_bodies(account.api.engine, account.account_id)
    for client in clients:
        await client.has_received(len(stored), patience=60)
    received = [client.received for client in clients]
    compare("both servers behind HAProxy killed, one after the other", send_log, stored, received)
    assert sum(client.connections for client in clients) > len(clients)
    for client in clients:
        await client.stop()


async def _send_until(done: asyncio.Event, sender: Sender) -> None:
    while not done.is_set():
        await sender.send_many(1, every=0.05)


async def test_ctrl_c_stops_all_programs(cluster: Cluster) -> None:
    programs = ["redis", "server-a", "server-b", "proxy"]
    assert all(cluster.is_running(program) for program in programs)
    assert await cluster.end_by(signal.SIGINT) == 0
    assert not any(cluster.is_running(program) for program in programs)
