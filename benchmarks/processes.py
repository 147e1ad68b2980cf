"""A server in its own process, on a free port of 127.0.0.1, with its memory and processor time."""

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

from benchmarks.environment import LIMITS, Environment

START_SECONDS = 60
STOP_SECONDS = 30
IDLE_SECONDS = 1.5
IDLE_SHARE = 1 / 20
IDLE_LIMIT_SECONDS = 120
TICKS = os.sysconf("SC_CLK_TCK")
ROOT = Path(__file__).parent.parent


@dataclass(frozen=True)
class ServerProcess:
    """A server that is ready for requests."""

    port: int
    process_id: int

    @property
    def memory(self) -> int:
        """Resident bytes."""
        pages = int(Path(f"/proc/{self.process_id}/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE")

    @property
    def processor_seconds(self) -> float:
        """Processor time used since the process started, in user and kernel mode."""
        fields = Path(f"/proc/{self.process_id}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / TICKS

    async def wait_until_idle(self) -> None:
        """Returns once the process has used less than a twentieth of a core for a moment. Raises TimeoutError after two
        minutes."""
        async with asyncio.timeout(IDLE_LIMIT_SECONDS):
            while True:
                before = self.processor_seconds
                await asyncio.sleep(IDLE_SECONDS)
                if self.processor_seconds - before < IDLE_SECONDS * IDLE_SHARE:
                    return


@asynccontextmanager
async def chat_process(environment: Environment) -> AsyncIterator[ServerProcess]:
    secret = environment.settings.hs256_secret()
    assert secret is not None
    port = free_port()
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("CHAT_")}
    variables = inherited | {
        "CHAT_DATABASE_URL": environment.database_url,
        "CHAT_DATA_DIR": str(environment.settings.data_dir),
        "CHAT_DRAIN_SECONDS": "0",
        "CHAT_JWT_SECRET": secret,
        "CHAT_JWT_ISSUER": environment.settings.issuer,
        "CHAT_PORT": str(port),
        **{f"CHAT_{name.upper()}": str(value) for name, value in LIMITS.items()},
    }
    if environment.settings.sources is not None:
        variables["CHAT_SOURCES"] = environment.settings.sources
    program = str(Path(sys.executable).with_name("internal-chat"))
    async with server_process([program, "serve"], variables, port) as server:
        yield server


@asynccontextmanager
async def bare_process() -> AsyncIterator[ServerProcess]:
    port = free_port()
    command = [sys.executable, "-m", "benchmarks.bare_server", str(port)]
    async with server_process(command, dict(os.environ), port) as server:
        yield server


@asynccontextmanager
async def http_client(port: int) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=60) as http:
        yield http


async def wait_until_answering(port: int) -> None:
    """Returns once the port answers an HTTP request, with any status. Raises TimeoutError after a minute."""
    async with asyncio.timeout(START_SECONDS), httpx.AsyncClient() as http:
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
async def server_process(command: Sequence[str], variables: dict[str, str], port: int) -> AsyncIterator[ServerProcess]:
    with tempfile.TemporaryFile() as output:
        process = await asyncio.create_subprocess_exec(*command, cwd=ROOT, env=variables, stdout=output, stderr=output)
        try:
            await _wait_until_ready(process, port)
            yield ServerProcess(port, process.pid)
        except BaseException:
            output.seek(0)
            sys.stderr.write(output.read()[-2_000:].decode(errors="replace"))
            raise
        finally:
            await _stop(process)


async def _wait_until_ready(process: Process, port: int) -> None:
    async with asyncio.TaskGroup() as tasks:
        exited = tasks.create_task(process.wait())
        answering = tasks.create_task(wait_until_answering(port))
        await asyncio.wait([exited, answering], return_when=asyncio.FIRST_COMPLETED)
        exited.cancel()
        answering.cancel()
    if process.returncode is not None:
        raise RuntimeError("The server did not start. Its output is printed above.")


async def _stop(process: Process) -> None:
    if process.returncode is not None:
        return
    process.send_signal(signal.SIGTERM)
    try:
        async with asyncio.timeout(STOP_SECONDS):
            await process.wait()
    except TimeoutError:
        process.kill()
        await process.wait()
