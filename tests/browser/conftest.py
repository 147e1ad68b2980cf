"""A server of its own and a real browser, for what only a browser can show."""

import asyncio
import os
import shutil
import signal
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest
from playwright.async_api import Browser, async_playwright

from tests.browser.visit import Visit

SERVE = (str(Path(sys.executable).parent / "internal-chat"), "serve")
START_SECONDS = 90
STOP_SECONDS = 30
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
BROWSER_ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


@pytest.fixture(scope="session")
def browser_path() -> str:
    return next(path for name in BROWSERS if (path := shutil.which(name)))


@pytest.fixture(scope="module")
async def origin(browser_path: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[str]:
    """The origin of a demo server that runs for one file of tests, on an empty data directory."""
    folder = tmp_path_factory.mktemp("server")
    port = _free_port()
    settings = {"CHAT_DATA_DIR": str(folder / "data"), "CHAT_PORT": str(port)}
    async with _serving(settings, folder / "server.log", f"http://127.0.0.1:{port}") as origin:
        yield origin


@asynccontextmanager
async def _serving(settings: dict[str, str], log: Path, origin: str) -> AsyncIterator[str]:
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("CHAT_")}
    with log.open("wb") as output:
        process = await asyncio.create_subprocess_exec(
            *SERVE, env=inherited | settings, stdout=output, stderr=asyncio.subprocess.STDOUT
        )
    try:
        await _until_it_answers(process, origin, log)
        yield origin
    finally:
        await _stop(process)


async def _until_it_answers(process: asyncio.subprocess.Process, origin: str, log: Path) -> None:
    async with httpx.AsyncClient(base_url=origin) as client, asyncio.timeout(START_SECONDS):
        while process.returncode is None:
            try:
                if (await client.get("/graphql/demo/agents")).status_code == 200:
                    return
            except httpx.TransportError:
                pass
            await asyncio.sleep(0.1)
    pytest.fail(f"the server ended with {process.returncode}:\n{_end_of(log)}")


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
        pytest.fail(f"the server did not stop within {STOP_SECONDS} s of SIGTERM")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@pytest.fixture(scope="module")
async def browser(browser_path: str) -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=browser_path, args=BROWSER_ARGUMENTS)
        yield browser
        await browser.close()


@pytest.fixture
async def visit(browser: Browser, origin: str) -> AsyncIterator[Visit]:
    context = await browser.new_context(viewport={"width": 1400, "height": 900})
    visit = Visit(await context.new_page(), origin)
    visit.watch()
    yield visit
    await context.close()
