"""Programs that tests start, on local ports."""

import asyncio
import os
import signal
import socket
import sys
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest

PROGRAM = str(Path(sys.executable).with_name("internal-chat"))
SERVE = (PROGRAM, "serve")
START_SECONDS = 90
STOP_SECONDS = 30


def free_port() -> int:
    """Returns a free port of 127.0.0.1."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def environment(settings: Mapping[str, str]) -> dict[str, str]:
    """Returns the environment with only these settings of the chat."""
    return {name: value for name, value in os.environ.items() if not name.startswith("CHAT_")} | dict(settings)


@asynccontextmanager
async def running(
    command: Sequence[str], url: str, log: Path, cwd: Path | None = None, settings: Mapping[str, str] | None = None
) -> AsyncIterator[str]:
    """Runs a server until the block ends. The block begins when the server answers GraphQL requests at the URL."""
    with log.open("wb") as output:
        process = await asyncio.create_subprocess_exec(
            *command, cwd=cwd, env=environment(settings or {}), stdout=output, stderr=asyncio.subprocess.STDOUT
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
