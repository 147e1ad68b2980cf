"""The code of the last release, and its server."""

import io
import os
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest

from tests.support.services import GENEROUS, ServerProcess

ROOT = Path(__file__).parents[2]
COMMIT = Path(__file__).with_name("last_release").read_text().strip()
ARCHIVE = ("git", "-c", f"safe.directory={ROOT}", "-C", str(ROOT), "archive", "--format=tar", COMMIT)
SERVE = "import sys; sys.argv = ['internal-chat', 'serve']; from server.cli import main; main()"
SHOW_FOLDER = "import server, pathlib; print(pathlib.Path(server.__file__).parents[1])"


def unpack_last_release(folder: Path) -> None:
    """Writes the code of the last release into the folder. Where its commit is missing, the test is skipped, or fails
    with CHAT_TEST_REQUIRE_ALL=1."""
    archive = subprocess.run(ARCHIVE, capture_output=True)
    if archive.returncode != 0:
        reason = f"the commit of the last release, {COMMIT}, is missing: clone the repository with its whole history"
        (pytest.fail if os.environ.get("CHAT_TEST_REQUIRE_ALL") == "1" else pytest.skip)(reason)
    with tarfile.open(fileobj=io.BytesIO(archive.stdout)) as tar:
        tar.extractall(folder, filter="data")


class OldServer(ServerProcess):
    """`internal-chat serve` of the last release, in the virtual environment of the tests."""

    command = (sys.executable, "-c", SERVE)

    def __init__(self, code: Path, folder: Path, database_url: str, broadcast_url: str, **settings: str) -> None:
        super().__init__(folder, database_url, broadcast_url, **settings)
        # Settings that it does not have are refused.
        for name in GENEROUS:
            del self._environment[name]
        self._environment |= {"PYTHONPATH": str(code), "PYTHONSAFEPATH": "1"}

    def code(self) -> Path:
        """Returns the folder of the code that the server executes."""
        shown = subprocess.run([sys.executable, "-c", SHOW_FOLDER], env=self._environment, capture_output=True)
        return Path(shown.stdout.decode().strip())
