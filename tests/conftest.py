"""The application of each worker, on a database of the worker. Every test has an account of its own."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx
import pytest
import uvicorn
from sqlalchemy.ext.asyncio import create_async_engine
from starlette.applications import Starlette

from models.enums import ItemKind
from server.addresses import async_url
from server.app import create_app
from server.settings import Settings
from tests.support.api import Account, Api, ItemRegistry
from tests.support.databases import Databases, shared_databases
from tests.support.workers import RUN_FOLDER


@pytest.fixture(scope="session")
def run_folder(pytestconfig: pytest.Config) -> Path:
    """The folder that all workers of the run share."""
    return pytestconfig.stash[RUN_FOLDER]


@pytest.fixture(scope="session")
def worker_folder(run_folder: Path, worker_id: str) -> Path:
    """The folder that this worker has for itself."""
    folder = run_folder / worker_id
    folder.mkdir()
    return folder


@pytest.fixture(scope="session")
def databases(run_folder: Path) -> Iterator[Databases]:
    with shared_databases(run_folder) as databases:
        yield databases


@pytest.fixture(scope="session")
def database_url(databases: Databases, worker_id: str) -> str:
    """The database of this worker."""
    return databases.create(worker_id)


@pytest.fixture(scope="session")
def settings(worker_folder: Path) -> Settings:
    # Tests send more for one agent, and for one address, than a client should.
    return Settings(
        data_dir=worker_folder,
        email_worker=False,
        operations_burst=1_000_000,
        anonymous_operations_burst=1_000_000,
        requests_per_agent=1_000,
        sockets_per_agent=1_000,
    )


@pytest.fixture(scope="session")
def items() -> ItemRegistry:
    """What the server's source modules answer from. Tests add items with `Account.add_item`."""
    return {}


@pytest.fixture(scope="session")
async def app(settings: Settings, database_url: str, items: ItemRegistry) -> AsyncIterator[Starlette]:
    app = create_app(settings, database_url, items)
    async with app.router.lifespan_context(app):
        yield app


@pytest.fixture(scope="session")
async def api(app: Starlette, settings: Settings, database_url: str, items: ItemRegistry) -> AsyncIterator[Api]:
    transport = httpx.ASGITransport(app)
    engine = create_async_engine(async_url(database_url))
    async with httpx.AsyncClient(transport=transport, base_url="http://chat.test", timeout=30) as http:
        yield Api(http, settings, engine, app.state.hub, app.state.pools, items)
    await engine.dispose()


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
def npm_folder(pytestconfig: pytest.Config, run_folder: Path) -> Path:
    """The folder of npm packages: kept from run to run if pytest keeps a cache."""
    cache: pytest.Cache | None = getattr(pytestconfig, "cache", None)
    folder = cache.mkdir("node") if cache else run_folder / "node"
    folder.mkdir(exist_ok=True)
    return folder


@pytest.fixture
async def one_item_of_each_kind(account: Account) -> None:
    """Adds one item of each kind to the account. Its id is the kind's name in lower case. davi cannot see it."""
    for kind in ItemKind:
        account.add_item(kind, kind.value.lower(), hidden_from=["davi"])
