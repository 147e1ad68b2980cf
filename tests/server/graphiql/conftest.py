"""A server, and a page of a real browser."""

from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Browser

from tests.server.graphiql.visit import Visit
from tests.support.processes import SERVE, free_port, running


@pytest.fixture(scope="module")
async def origin(browser_path: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[str]:
    """The origin of a demo server on a data directory of its own."""
    folder = tmp_path_factory.mktemp("server")
    port = free_port()
    origin = f"http://127.0.0.1:{port}"
    settings = {"CHAT_DATA_DIR": str(folder / "data"), "CHAT_PORT": str(port)}
    async with running(SERVE, f"{origin}/graphql", folder / "server.log", settings=settings):
        yield origin


@pytest.fixture
async def visit(browser: Browser, origin: str) -> AsyncIterator[Visit]:
    context = await browser.new_context(viewport={"width": 1400, "height": 900})
    visit = Visit(await context.new_page(), origin)
    visit.watch()
    yield visit
    await context.close()
