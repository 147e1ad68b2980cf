"""The log of a server process: lines of bounded length, without tokens and values."""

import re
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import orjson
import pytest
from sqlalchemy.ext.asyncio import create_async_engine
from websockets.asyncio.client import connect

from server.logs import LINE_BYTES, encode_line
from server.settings import Settings
from tests.support.api import Account, Api
from tests.support.services import SECRET, Postgres, ServerProcess
from tests.support.waiting import until

SECRET_TEXT = "a-secret-value"


@pytest.mark.parametrize(
    "event",
    [
        {"event": "failed", "exception": "x" * 100_000 + " the cause"},
        {"event": "failed", "path": ["é" * 10_000, 1], "exception": "\x00" * 20_000},
        {"event": "\n" * 1_000_000},
    ],
    ids=["a traceback", "a path", "a message"],
)
def test_a_long_line_is_shortened(event: dict[str, object]) -> None:
    control = {"event": "failed", "path": ["a", 1]}
    assert orjson.loads(encode_line(control)) == control
    line = encode_line(event)
    assert LINE_BYTES / 4 < len(line.encode()) <= LINE_BYTES
    assert orjson.loads(line).keys() == event.keys()


def test_a_shortened_traceback_ends_with_the_exception() -> None:
    assert orjson.loads(encode_line({"exception": "x" * 100_000 + " the cause"}))["exception"].endswith("x the cause")


@pytest.fixture
async def postgres(data_dir: Path) -> AsyncIterator[Postgres]:
    postgres = Postgres(data_dir)
    await postgres.start()
    yield postgres
    await postgres.stop()


@pytest.fixture
async def server(postgres: Postgres, data_dir: Path) -> AsyncIterator[ServerProcess]:
    server = ServerProcess(data_dir, postgres.url, "memory://")
    await server.start()
    yield server
    await server.stop()


@pytest.fixture
async def account_of_server(server: ServerProcess, postgres: Postgres, data_dir: Path) -> AsyncIterator[Account]:
    engine = create_async_engine(postgres.url.replace("postgresql://", "postgresql+asyncpg://", 1))
    async with httpx.AsyncClient(base_url=server.url, timeout=30) as http:
        yield await Api(http, Settings(data_dir=data_dir, jwt_secret=SECRET), engine).create_account()
    await engine.dispose()


async def test_a_stopped_database_is_logged_once_per_request(
    server: ServerProcess, account_of_server: Account, postgres: Postgres
) -> None:
    """All lines of the server stay short, and none contains an argument or a parameter."""
    ana = account_of_server.ana
    fields = [f'f{number}: chatAgents(query: "{SECRET_TEXT} {number}") {{ nodes {{ id }} }}' for number in range(50)]
    document = f"{{ {' '.join(fields)} }}"
    assert len(await ana.query(document)) == 50
    lines_before = len(server.log_lines())
    await postgres.stop()
    errors = (await ana.execute(document)).body["errors"]
    await postgres.start()

    (incident,) = {error["extensions"]["id"] for error in errors}
    lines = server.log_lines()[lines_before:]
    events = [orjson.loads(line) for line in lines]
    assert [event["incident"] for event in events if event["event"] == "unexpected_error"] == [incident]
    assert max(len(line.encode()) for line in lines) <= LINE_BYTES
    assert not [line for line in lines if SECRET_TEXT in line or str(ana.token) in line]


async def test_a_socket_is_logged_without_its_query_string(server: ServerProcess) -> None:
    async with connect(f"{server.socket_url}?token={SECRET_TEXT}&path=/graphql?a"):
        pass

    def sockets() -> list[dict[str, object]]:
        return [event for event in map(orjson.loads, server.log_lines()) if event["event"] == "socket"]

    await until(lambda: bool(sockets()), "the line of the socket")
    assert [event["status"] for event in sockets()] == [101]
    assert SECRET_TEXT not in server.output()


def test_people_get_a_line_without_control_characters() -> None:
    program = (
        "import logging, structlog; from server.logs import configure_logging; configure_logging('console');"
        "structlog.get_logger().warning('failed', name='a\\x1b[31m\\nb', count=3);"
        "logging.getLogger('asyncio').error('of %s\\nfuture: %s', 'a library', 'secret')"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    first, second = done.stderr.splitlines()
    assert re.fullmatch(r"20\S+ \[warning  \] failed +count=3 name=a�\[31m�b", first)
    assert "of a library" in second
    assert "secret" not in second


@pytest.mark.parametrize(("log_format", "begins"), [("json", "{"), (None, "{"), ("console", "20")])
def test_the_form_of_lines_is_a_setting(log_format: str | None, begins: str) -> None:
    """Standard error is not a terminal here."""
    program = (
        f"import structlog; from server.logs import configure_logging; configure_logging({log_format!r});"
        "structlog.get_logger().info('started')"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stderr.startswith(begins)
