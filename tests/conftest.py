"""One embedded PostgreSQL and one server in this process for the whole run; every test has an account of its own."""

import asyncio
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx
import pytest
import uvicorn
from starlette.applications import Starlette

from models.enums import ItemKind
from server.app import create_app
from server.postgres.embedded import EmbeddedPostgres
from server.postgres.migrate import upgrade
from server.settings import Settings
from tests.support.api import Account, Api


@pytest.fixture(scope="session")
def data_dir_of_run() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="internal-chat-") as folder:
        yield Path(folder)


@pytest.fixture(scope="session")
def database_url(data_dir_of_run: Path) -> Iterator[str]:
    """A migrated database of the embedded server."""
    with EmbeddedPostgres(data_dir_of_run) as url:
        upgrade(url)
        yield url


@pytest.fixture(scope="session")
def settings(data_dir_of_run: Path) -> Settings:
    return Settings(data_dir=data_dir_of_run)


@pytest.fixture(scope="session")
async def app(settings: Settings, database_url: str) -> AsyncIterator[Starlette]:
    app = create_app(settings, database_url)
    async with app.router.lifespan_context(app):
        yield app


@pytest.fixture(scope="session")
async def api(app: Starlette, settings: Settings) -> AsyncIterator[Api]:
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://chat.test", timeout=30) as http:
        yield Api(http, settings, app.state.pool.engine)


@pytest.fixture
async def account(api: Api) -> Account:
    return await api.create_account()


@pytest.fixture
async def other_account(api: Api) -> Account:
    """Another account, with agents of the same ids."""
    return await api.create_account()


@pytest.fixture(scope="session")
async def socket_url(app: Starlette) -> AsyncIterator[str]:
    """Where sockets are opened: the same application as the `api` fixture's."""
    config = uvicorn.Config(app, host="127.0.0.1", port=0, ws="websockets-sansio", lifespan="off", log_level="warning")
    server = uvicorn.Server(config)
    serving = asyncio.create_task(server.serve())
    while not server.started:  # noqa: ASYNC110  (uvicorn has no event for it)
        await asyncio.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    yield f"ws://127.0.0.1:{port}/graphql"
    server.should_exit = True
    await serving


@pytest.fixture(scope="session")
def npm_folder(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where npm packages are kept from run to run, if pytest keeps a cache."""
    cache: pytest.Cache | None = getattr(request.config, "cache", None)
    return cache.mkdir("node") if cache else tmp_path_factory.mktemp("node")


@pytest.fixture
async def items(account: Account) -> None:
    """Adds one item of each kind to the account. Its id is the kind's name in lower case. davi cannot see it."""
    for kind in ItemKind:
        await account.add_item(kind, kind.value.lower(), hidden_from=["davi"])
