"""A real browser, for tests marked `chromium`. A folder that uses it imports the fixtures into its conftest."""

import shutil
from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Browser, async_playwright

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
async def browser(browser_path: str) -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=browser_path, args=BROWSER_ARGUMENTS)
        yield browser
        await browser.close()
