"""The example client, built once, and a server that tests can kill."""

import asyncio
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx
import pytest
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from server.settings import Settings
from tests.support.api import Api
from tests.support.databases import Databases
from tests.support.services import SECRET, ServerProcess

SOURCE = Path(__file__).parents[3] / "examples" / "client"
BUILD_SECONDS = 120


@pytest.fixture(scope="package")
def folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="internal-chat-client-") as path:
        yield Path(path)


@pytest.fixture(scope="package")
async def program(folder: Path) -> Path:
    """The client's entry point, compiled in a copy with the packages of its lock file."""
    copy = folder / "client"
    shutil.copytree(SOURCE, copy, ignore=shutil.ignore_patterns("node_modules", "dist"))
    await _npm(copy, "ci", "--no-audit", "--no-fund", "--prefer-offline")
    await _npm(copy, "run", "build")
    return copy / "dist" / "main.js"


async def _npm(where: Path, *arguments: str) -> None:
    process = await asyncio.create_subprocess_exec(
        "npm", *arguments, cwd=where, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
    )
    async with asyncio.timeout(BUILD_SECONDS):
        output, _ = await process.communicate()
    assert process.returncode == 0, f"npm {' '.join(arguments)}:\n{output.decode()}"


@pytest.fixture(scope="package")
async def engine(databases: Databases, worker_id: str) -> AsyncIterator[AsyncEngine]:
    """The server's database, which outlives the server."""
    url = await asyncio.to_thread(databases.create, f"client_{worker_id}")
    engine = create_async_engine(url)
    yield engine
    await engine.dispose()


@pytest.fixture(scope="package")
async def server(folder: Path, engine: AsyncEngine) -> AsyncIterator[ServerProcess]:
    url = engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
    server = ServerProcess(folder, url, "memory://")
    await server.start()
    yield server
    await server.stop()


@pytest.fixture(scope="package")
async def api(folder: Path, engine: AsyncEngine, server: ServerProcess) -> AsyncIterator[Api]:
    async with httpx.AsyncClient(base_url=server.url, timeout=10) as http:
        yield Api(http, Settings(data_dir=folder, jwt_secret=SECRET), engine)
