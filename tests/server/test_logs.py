"""The log of a server process: lines of bounded length, without tokens and values."""

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
    fields = [f'f{number}: chatAgents(query: "{SECRET_TEXT} {number}") {{ nodes {{ id }} }}' for number in range(300)]
    document = f"{{ {' '.join(fields)} }}"
    assert len(await ana.query(document)) == 300
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


async def test_the_url_of_a_socket_is_logged_without_its_query_string(server: ServerProcess) -> None:
    async with connect(f"{server.socket_url}?token={SECRET_TEXT}&path=/graphql?a"):
        pass
    opened = [event for event in map(orjson.loads, server.log_lines()) if "WebSocket" in event["event"]]
    assert [event["event"].partition(" - ")[2] for event in opened] == ['"WebSocket /graphql" [accepted]']
    assert SECRET_TEXT not in "\n".join(server.log_lines())
