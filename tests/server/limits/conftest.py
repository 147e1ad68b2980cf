"""A server with the default limits: that of the other tests accepts more."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import pytest
import uvicorn
from starlette.applications import Starlette

from server.app import create_app
from server.http.protocols import RequestProtocol, SocketProtocol
from server.settings import Settings
from tests.support.api import Account, Api


@pytest.fixture(scope="module")
def limited_settings(settings: Settings) -> Settings:
    return Settings(data_dir=settings.data_dir, email_worker=False)


@pytest.fixture(scope="module")
async def limited_app(limited_settings: Settings, database_url: str) -> AsyncIterator[Starlette]:
    app = create_app(limited_settings, database_url)
    async with app.router.lifespan_context(app):
        yield app


@pytest.fixture(scope="module")
async def limited_api(limited_app: Starlette, limited_settings: Settings, api: Api) -> AsyncIterator[Api]:
    transport = httpx.ASGITransport(limited_app, client=("192.0.2.1", 1))
    async with httpx.AsyncClient(transport=transport, base_url="http://chat.test", timeout=30) as http:
        yield Api(http, limited_settings, api.engine, limited_app.state.hub, limited_app.state.pools)


@pytest.fixture
async def limited(limited_api: Api) -> Account:
    """An account of that server."""
    return await limited_api.create_account()


@asynccontextmanager
async def serving(app: Starlette, settings: Settings) -> AsyncIterator[str]:
    """Yields the address at which the application is served, for clients that need a connection."""
    config = uvicorn.Config(
        app,
        host="127.0.0.1",
        port=0,
        http=RequestProtocol,
        ws=SocketProtocol,
        ws_max_size=settings.request_bytes,
        lifespan="off",
        log_level="warning",
    )
    server = uvicorn.Server(config)
    task = asyncio.create_task(server.serve())
    while not server.started:  # noqa: ASYNC110  (uvicorn has no event for it)
        await asyncio.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    yield f"127.0.0.1:{port}"
    server.should_exit = True
    await task


@pytest.fixture(scope="module")
async def limited_url(limited_app: Starlette, limited_settings: Settings) -> AsyncIterator[str]:
    async with serving(limited_app, limited_settings) as address:
        yield address


@pytest.fixture(scope="module")
def limited_socket_url(limited_url: str) -> str:
    return f"ws://{limited_url}/graphql"
