"""Starts what compose.yaml starts, without containers: two servers and a worker on one PostgreSQL and one Redis, behind
HAProxy. A program that ends is started again.

The files in `cluster` of the data directory are the log and the process id of each program.
"""

import asyncio
import os
import shutil
import signal
import socket
import sys
from asyncio.subprocess import Process
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import httpx
import typer

from server.exit_signals import exit_on_signals
from server.misconfigured import Misconfigured
from server.postgres.database import open_database
from server.settings import Settings, read_settings

PROGRAM = str(Path(sys.executable).with_name("internal-chat"))
PROXY_CONFIGURATION = Path(__file__).with_name("haproxy.cfg")
RESTART_SECONDS = 1.0
READY_SECONDS = 120.0
STOP_SECONDS = 30.0
"""How long a program may take to end after SIGTERM before it is killed. Servers drain their sockets first."""


@dataclass(frozen=True)
class Program:
    name: str
    command: Sequence[str]
    settings: Mapping[str, str]


@dataclass(frozen=True)
class Ports:
    proxy: int
    a: int
    b: int
    redis: int


def main(port: Annotated[int, typer.Option(help="The port of the proxy.")] = 8000) -> None:
    """Start two servers, a worker, PostgreSQL, Redis and HAProxy. Ctrl-C stops them.

    CHAT_* variables apply to all servers.
    """
    try:
        settings = read_settings(port=port)
        _require("redis-server", "haproxy")
        exit_on_signals()
        with open_database(settings) as database:
            asyncio.run(_run(settings, database.url, Ports(port, _free_port(), _free_port(), _free_port())))
    except* Misconfigured as errors:
        sys.exit(str(errors.exceptions[0]))


def _require(*programs: str) -> None:
    missing = [program for program in programs if shutil.which(program) is None]
    if missing:
        raise Misconfigured(f"Install {' and '.join(missing)} (on Debian: apt-get install haproxy redis-server).")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


async def _run(settings: Settings, database_url: str, ports: Ports) -> None:
    """Runs all programs until this task is cancelled."""
    folder = settings.data_dir / "cluster"
    folder.mkdir(parents=True, exist_ok=True)
    redis, first, *others = _programs(settings, database_url, ports)
    async with asyncio.TaskGroup() as running:
        running.create_task(_keep_running(redis, folder))
        running.create_task(_keep_running(first, folder))
        # The first server migrates the database, and writes the demo.
        await _until_ready("server-a", ports.a, folder)
        for program in others:
            running.create_task(_keep_running(program, folder))
        await _until_ready("server-b", ports.b, folder)
        await _until_ready("proxy", ports.proxy, folder)
        print(f"Two servers are running behind {settings.url}. Logs and process ids: {folder}", flush=True)


def _programs(settings: Settings, database_url: str, ports: Ports) -> list[Program]:
    shared = {
        "CHAT_DATABASE_URL": database_url,
        "CHAT_BROADCAST_URL": f"redis://127.0.0.1:{ports.redis}",
        "CHAT_DATA_DIR": str(settings.data_dir),
        "CHAT_PUBLIC_URL": settings.url,
        "CHAT_EMAIL_WORKER": "false",
    }
    proxied = {
        "CHAT_LISTEN": f"127.0.0.1:{ports.proxy}",
        "CHAT_SERVER_A": f"127.0.0.1:{ports.a}",
        "CHAT_SERVER_B": f"127.0.0.1:{ports.b}",
    }
    redis = ["redis-server", "--port", str(ports.redis), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]
    programs = [
        Program("redis", redis, {}),
        Program("server-a", [PROGRAM, "serve", "--port", str(ports.a)], shared),
        Program("server-b", [PROGRAM, "serve", "--port", str(ports.b)], shared),
        Program("proxy", ["haproxy", "-db", "-f", str(PROXY_CONFIGURATION)], proxied),
    ]
    if settings.sends_email:
        programs.append(Program("worker", [PROGRAM, "worker"], shared))
    return programs


async def _keep_running(program: Program, folder: Path) -> None:
    """Runs the program, and starts it again when it ends, until this task is cancelled."""
    while True:
        process = await _start(program, folder)
        try:
            status = await process.wait()
        finally:
            await _stop(process)
        print(f"{program.name} ended with {status}, and is started again.", flush=True)
        await asyncio.sleep(RESTART_SECONDS)


async def _start(program: Program, folder: Path) -> Process:
    """Starts the program in a session of its own, so that Ctrl-C reaches this process only."""
    with (folder / f"{program.name}.log").open("ab") as log:
        process = await asyncio.create_subprocess_exec(
            *program.command, env=os.environ | program.settings, stdout=log, stderr=log, start_new_session=True
        )
    (folder / f"{program.name}.pid").write_text(str(process.pid))
    return process


async def _stop(process: Process) -> None:
    with suppress(ProcessLookupError):
        process.send_signal(signal.SIGTERM)
        try:
            async with asyncio.timeout(STOP_SECONDS):
                await process.wait()
        except TimeoutError:
            process.kill()
            await process.wait()


async def _until_ready(name: str, port: int, folder: Path) -> None:
    """Raises Misconfigured if the program does not become ready."""
    deadline = asyncio.get_running_loop().time() + READY_SECONDS
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}") as http:
        while asyncio.get_running_loop().time() < deadline:
            with suppress(httpx.TransportError):
                if (await http.get("/readyz")).status_code == 200:
                    return
            await asyncio.sleep(0.1)
    raise Misconfigured(f"{name} is not ready after {READY_SECONDS:.0f} seconds: see {folder / name}.log.")


if __name__ == "__main__":
    typer.run(main)
