"""The programs beside the tests: Node's, installed once into a folder of their own, and servers, waited for."""

import asyncio
import json
import os
import shutil
import signal
import socket
import subprocess
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import httpx
import pytest

HERE = Path(__file__).parent
INSTALL = ("npm", "ci", "--prefer-offline", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error")
INSTALL_SECONDS = 900
COMPOSE_SECONDS = 60
START_SECONDS = 90
STOP_SECONDS = 30


@dataclass(frozen=True)
class Subgraph:
    name: str
    sdl: str
    url: str = "http://127.0.0.1/graphql"


@dataclass(frozen=True)
class Composition:
    errors: list[dict[str, Any]]
    supergraph: str | None

    @property
    def codes(self) -> set[str]:
        return {error["code"] for error in self.errors}


def installed(parent: Path) -> Path:
    """Returns a folder below `parent` with the packages of package-lock.json and the scripts of this folder. It has its
    name only when it is whole: an installation broken off, or two at once, leave nothing half done."""
    wanted = sha256((HERE / "package-lock.json").read_bytes()).hexdigest()[:16]
    folder = parent / f"federation-{wanted}"
    if not folder.exists():
        fresh = Path(mkdtemp(dir=parent))
        for name in ("package.json", "package-lock.json"):
            shutil.copy(HERE / name, fresh)
        done = subprocess.run(INSTALL, cwd=fresh, capture_output=True, text=True, timeout=INSTALL_SECONDS)
        if done.returncode != 0:
            shutil.rmtree(fresh)
            pytest.fail(f"npm ci ended with {done.returncode}:\n{done.stderr[-4000:]}")
        try:
            fresh.rename(folder)
        except OSError:  # another run was faster
            shutil.rmtree(fresh)
    for script in HERE.glob("*.mjs"):
        shutil.copy(script, folder)
    return folder


def compose(folder: Path, rules: str, subgraphs: Sequence[Subgraph]) -> Composition:
    """Composes by the rules of `apollo` or of the `guild`."""
    given = json.dumps([vars(subgraph) for subgraph in subgraphs])
    command = ["node", "compose.mjs", rules]
    done = subprocess.run(command, cwd=folder, input=given, capture_output=True, text=True, timeout=COMPOSE_SECONDS)
    assert done.returncode == 0, done.stderr
    return Composition(**json.loads(done.stdout))


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@asynccontextmanager
async def running(
    command: Sequence[str], url: str, log: Path, cwd: Path | None = None, settings: Mapping[str, str] | None = None
) -> AsyncIterator[str]:
    """Runs a server until the end of the block, which begins once it answers GraphQL at the url."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("CHAT_")}
    with log.open("wb") as output:
        process = await asyncio.create_subprocess_exec(
            *command, cwd=cwd, env=inherited | dict(settings or {}), stdout=output, stderr=asyncio.subprocess.STDOUT
        )
    try:
        await _until_it_answers(process, url, log)
        yield url
    finally:
        await _stop(process)


async def _until_it_answers(process: asyncio.subprocess.Process, url: str, log: Path) -> None:
    async with httpx.AsyncClient() as client, asyncio.timeout(START_SECONDS):
        while process.returncode is None:
            try:
                if (await client.post(url, json={"query": "{ __typename }"})).status_code == 200:
                    return
            except httpx.TransportError:
                pass
            await asyncio.sleep(0.1)
    pytest.fail(f"{log.stem} ended with {process.returncode}:\n{_end_of(log)}")


def _end_of(log: Path) -> str:
    return log.read_text("utf-8", errors="replace")[-4000:]


async def _stop(process: asyncio.subprocess.Process) -> None:
    if process.returncode is not None:
        return
    process.send_signal(signal.SIGTERM)
    try:
        async with asyncio.timeout(STOP_SECONDS):
            await process.wait()
    except TimeoutError:
        process.kill()
        await process.wait()
        pytest.fail(f"a server did not stop within {STOP_SECONDS} s of SIGTERM")
