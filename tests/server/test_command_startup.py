"""What a command loads before it runs, and the commands that the start banner prints."""

import json
import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path

import pytest

PROGRAM = str(Path(sys.executable).with_name("internal-chat"))
START_SECONDS = 60
HEAVY = ("sqlalchemy", "sqlmodel", "strawberry", "starlette", "uvicorn", "alembic", "models", "server.app")
LOADED = """
import sys
from server.cli import app
app(sys.argv[1:], standalone_mode=False)
print(*sys.modules, sep="\\n", file=sys.stderr)
"""


def environment(data_dir: Path) -> dict[str, str]:
    others = {name: value for name, value in os.environ.items() if not name.startswith("CHAT_")}
    return others | {"CHAT_DATA_DIR": str(data_dir)}


@pytest.mark.parametrize("arguments", [["token", "2"], ["--help"]])
def test_light_commands_do_not_load_the_server(arguments: list[str], tmp_path: Path) -> None:
    """Loading it takes 2 s of CPU time."""
    command = [sys.executable, "-c", LOADED, *arguments]
    done = subprocess.run(command, env=environment(tmp_path), capture_output=True, text=True, check=True)
    loaded = set(done.stderr.split())
    assert "server.cli" in loaded
    assert loaded.isdisjoint(HEAVY)


def test_the_version_is_that_of_the_package() -> None:
    done = subprocess.run([PROGRAM, "--version"], capture_output=True, text=True, check=True)
    assert done.stdout == f"internal-chat {version('internal-chat')}\n"


def test_the_banners_command_prints_a_token_of_the_running_server(tmp_path: Path) -> None:
    """Pasted into another shell in the same folder, with none of the server's settings."""
    with serving(tmp_path, tmp_path / "my data") as (banner, url):
        command = next(line for line in banner.splitlines() if line.endswith(" token 2"))
        pasted = subprocess.run(
            command, shell=True, cwd=tmp_path, env={"PATH": os.defpath}, capture_output=True, text=True, check=True
        )
        assert viewer(url, pasted.stdout.strip()) == {"chatViewer": {"agent": {"name": "Bruno"}}}


@contextmanager
def serving(folder: Path, data_dir: Path) -> Iterator[tuple[str, str]]:
    """Runs a demo server in the folder and yields its output up to the end of the banner, and its address."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    log = folder / "serve.log"
    with log.open("wb") as output:
        command = [PROGRAM, "serve", "--port", str(port)]
        server = subprocess.Popen(command, cwd=folder, env=environment(data_dir), stdout=output, stderr=output)
    try:
        deadline = time.monotonic() + START_SECONDS
        while "startup complete" not in log.read_text():
            assert server.poll() is None, log.read_text()
            assert time.monotonic() < deadline, log.read_text()
            time.sleep(0.05)
        yield log.read_text(), f"http://127.0.0.1:{port}/graphql"
    finally:
        server.terminate()
        server.wait(timeout=30)


def viewer(url: str, token: str) -> object:
    headers = {"content-type": "application/json", "authorization": f"Bearer {token}"}
    body = json.dumps({"query": "{ chatViewer { agent { name } } }"}).encode()
    with urllib.request.urlopen(urllib.request.Request(url, body, headers), timeout=10) as response:
        return json.load(response)["data"]
