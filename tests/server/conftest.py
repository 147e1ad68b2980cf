"""Each test has a data directory of its own and no CHAT_* variables from the environment."""

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.server.identity.key_server import KeyServer
from tests.support.browsers import browser, browser_path

__all__ = ["browser", "browser_path"]


@pytest.fixture(autouse=True)
def _clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in os.environ:
        if name.startswith("CHAT_"):
            monkeypatch.delenv(name)


@pytest.fixture
def data_dir() -> Iterator[Path]:
    """Not below tmp_path: pytest makes its parent private, so the account that runs PostgreSQL could not enter it."""
    with tempfile.TemporaryDirectory(prefix="internal-chat-") as folder:
        yield Path(folder) / "data"


@pytest.fixture
def key_server() -> Iterator[KeyServer]:
    with KeyServer() as server:
        yield server
