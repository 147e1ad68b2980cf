"""The peer of the benchmarks: a Mercurius server (`peers/mercurius`), installed by npm and run in its own process."""

import os
import shutil
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from hashlib import sha256
from pathlib import Path

from sqlalchemy import make_url

from benchmarks.environment import Environment
from benchmarks.processes import ServerProcess, free_port, server_process

FOLDER = Path(__file__).parent / "peers" / "mercurius"
INSTALL = ("npm", "ci", "--prefer-offline", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error")
INSTALL_SECONDS = 300
OLDEST_NODE = 20
NODE_OPTIONS = ("--max-semi-space-size=64",)
"""In MiB. Fewer objects survive V8's minor collections: pages and deliveries take about a fifth less processor time."""


def reason_to_leave_out_mercurius() -> str | None:
    """Returns why the peer cannot run here. Otherwise installs its packages, unless they are up to date, and returns
    None."""
    for program in ("node", "npm"):
        if shutil.which(program) is None:
            return f"there is no {program} here"
    version = subprocess.run(["node", "--version"], capture_output=True, text=True, timeout=30, check=True).stdout
    if int(version.removeprefix("v").partition(".")[0]) < OLDEST_NODE:
        return f"it needs Node {OLDEST_NODE} or newer, and this is {version.strip()}"
    return _install()


def _install() -> str | None:
    """Returns why the packages cannot be installed. A stamp holds the checksum of those that are."""
    stamp = FOLDER / "node_modules" / ".installed"
    wanted = sha256((FOLDER / "package-lock.json").read_bytes()).hexdigest()
    if stamp.exists() and stamp.read_text() == wanted:
        return None
    try:
        done = subprocess.run(INSTALL, cwd=FOLDER, capture_output=True, text=True, timeout=INSTALL_SECONDS)
    except subprocess.TimeoutExpired:
        return f"npm ci did not end within {INSTALL_SECONDS} seconds"
    if done.returncode != 0:
        return f"npm ci failed: {done.stderr[-1_000:].strip()}"
    stamp.write_text(wanted)
    return None


@asynccontextmanager
async def mercurius_process(environment: Environment) -> AsyncIterator[ServerProcess]:
    """Runs the peer on the environment's database. It verifies the same tokens as the chat."""
    settings = environment.settings
    secret = settings.hs256_secret()
    assert secret is not None
    port = free_port()
    variables = {
        **os.environ,
        **_postgres_variables(environment.database_url),
        "NODE_ENV": "production",
        "PEER_PORT": str(port),
        "PEER_JWT_SECRET": secret,
        "PEER_JWT_ISSUER": settings.issuer,
        "PEER_JWT_AUDIENCE": settings.jwt_audience,
    }
    async with server_process(["node", *NODE_OPTIONS, str(FOLDER / "server.mjs")], variables, port) as server:
        yield server


def _postgres_variables(database_url: str) -> dict[str, str]:
    url = make_url(database_url)
    values = {
        "PGHOST": url.host or url.query.get("host"),
        "PGPORT": url.port or url.query.get("port"),
        "PGUSER": url.username,
        "PGPASSWORD": url.password,
        "PGDATABASE": url.database,
    }
    return {name: str(value) for name, value in values.items() if value is not None}
