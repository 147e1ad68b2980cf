"""`internal-chat worker`: sends e-mails, without serving the chat."""

import asyncio
import signal
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager

import uvicorn
from prometheus_client import CollectorRegistry, ProcessCollector
from starlette.applications import Starlette
from starlette.types import ASGIApp

from server.background import BackgroundParts, Part
from server.clock import SystemClock
from server.email import email_worker
from server.http.listener import bind_listener
from server.http.metrics import metrics_route
from server.observation.loop_lag import LoopLag
from server.observation.outbox_depth import OutboxMetrics
from server.observation.process_state import BackgroundState, EmailState, PoolState
from server.postgres.pool import ConnectionPool
from server.settings import Settings

DATABASE_CONNECTIONS = 16
"""The size of the connection pool. One account can use a quarter of it for statements: one connection for each of the
e-mails that are sent at the same time."""


async def work_until_stopped(settings: Settings, database_url: str, database_parts: Mapping[str, Part]) -> None:
    """Sends e-mails until SIGINT or SIGTERM, and then waits a few seconds for the answers of the mail server. The
    settings must have one."""
    registry = CollectorRegistry()
    pool = ConnectionPool(database_url, DATABASE_CONNECTIONS)
    worker = email_worker(settings, pool, SystemClock())
    assert worker is not None, "there is no mail server"
    background = BackgroundParts({"emails": worker.run, **database_parts})
    outbox, loop_lag = OutboxMetrics(pool, SystemClock()), LoopLag(registry)
    for collector in (outbox, PoolState({"worker": pool}), EmailState(worker), BackgroundState(background)):
        registry.register(collector)
    ProcessCollector(registry=registry)
    app = Starlette(routes=[metrics_route(registry, outbox.refresh, settings.metrics_bearer_token)])
    stopped = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stopped.set)
    async with pool.opened(), loop_lag.measured(), background.started(), _serving(app, settings):
        await stopped.wait()


@asynccontextmanager
async def _serving(app: ASGIApp, settings: Settings) -> AsyncIterator[None]:
    """Serves the application on the port for the worker's metrics until the end of the block, if there is one. Raises
    AddressUnavailable."""
    if settings.worker_metrics_port is None:
        yield
        return
    with bind_listener(settings.host, settings.worker_metrics_port) as listener:
        config = uvicorn.Config(app, lifespan="off", access_log=False, log_config=None, server_header=False)
        server = _MetricsServer(config)
        serving = asyncio.create_task(server.serve([listener]))
        try:
            yield
        finally:
            server.should_exit = True
            await serving


class _MetricsServer(uvicorn.Server):
    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leaves the signals to the worker."""
        yield
