"""A server in a process of its own, on a free port of 127.0.0.1, and what it takes."""

import asyncio
import os
import signal
import socket
import sys
import tempfile
from asyncio.subprocess import Process
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import httpx

from benchmarks.place import Place

READY_SECONDS = 60
END_SECONDS = 30
QUIET_SECONDS = 1.5
TICKS = os.sysconf("SC_CLK_TCK")
ROOT = Path(__file__).parent.parent


@dataclass(frozen=True)
class Running:
    """Where it answers, and who it is."""

    port: int
    process_id: int

    @property
    def memory(self) -> int:
        """Resident bytes."""
        pages = int(Path(f"/proc/{self.process_id}/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE")

    @property
    def processor_seconds(self) -> float:
        """Spent so far."""
        fields = Path(f"/proc/{self.process_id}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / TICKS

    async def quiet(self) -> None:
        """Returns once it has next to nothing to do."""
        while True:
            before = self.processor_seconds
            await asyncio.sleep(QUIET_SECONDS)
            if self.processor_seconds - before < QUIET_SECONDS / 20:
                return


@asynccontextmanager
async def chat_process(place: Place) -> AsyncIterator[Running]:
    secret = place.settings.hs256_secret()
    assert secret is not None
    port = free_port()
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("CHAT_")}
    environment = inherited | {
        "CHAT_DATABASE_URL": place.database_url,
        "CHAT_DATA_DIR": str(place.settings.data_dir),
        "CHAT_DRAIN_SECONDS": "0",
        "CHAT_JWT_SECRET": secret,
        "CHAT_JWT_ISSUER": place.settings.issuer,
        "CHAT_PORT": str(port),
    }
    program = str(Path(sys.executable).with_name("internal-chat"))
    async with _running([program, "serve"], environment, port) as running:
        yield running


@asynccontextmanager
async def bare_process(place: Place) -> AsyncIterator[Running]:
    port = free_port()
    command = [sys.executable, "-m", "benchmarks.bare_server", str(port)]
    async with _running(command, dict(os.environ), port) as running:
        yield running


async def answering(port: int) -> None:
    """Returns once HTTP is answered there, whatever it is."""
    async with asyncio.timeout(READY_SECONDS), httpx.AsyncClient() as http:
        while True:
            with suppress(httpx.TransportError):
                await http.post(f"http://127.0.0.1:{port}/readyz")
                return
            await asyncio.sleep(0.1)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@asynccontextmanager
async def _running(command: Sequence[str], env: dict[str, str], port: int) -> AsyncIterator[Running]:
    with tempfile.TemporaryFile() as said:
        process = await asyncio.create_subprocess_exec(*command, cwd=ROOT, env=env, stdout=said, stderr=said)
        try:
            await _ready(process, port)
            yield Running(port, process.pid)
        except BaseException:
            said.seek(0)
            sys.stderr.write(said.read()[-2_000:].decode(errors="replace"))
            raise
        finally:
            await _end(process)


async def _ready(process: Process, port: int) -> None:
    async with asyncio.TaskGroup() as tasks:
        ended = tasks.create_task(process.wait())
        answers = tasks.create_task(answering(port))
        await asyncio.wait([ended, answers], return_when=asyncio.FIRST_COMPLETED)
        ended.cancel()
        answers.cancel()
    if process.returncode is not None:
        raise RuntimeError("The server did not start; what it said stands above.")


async def _end(process: Process) -> None:
    if process.returncode is not None:
        return
    process.send_signal(signal.SIGTERM)
    try:
        async with asyncio.timeout(END_SECONDS):
            await process.wait()
    except TimeoutError:
        process.kill()
        await process.wait()
