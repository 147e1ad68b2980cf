"""The endpoints that a load balancer and an orchestrator poll."""

import asyncio

from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from live.hub import Hub
from loaders.batches import DATABASE_FAILURES
from models.database import Database
from models.statements import sql
from server.background import BackgroundParts
from server.http.connections import Connections

DATABASE_SECONDS = 2.0
"""How long the database may take to answer. Each poll that waits for it holds a connection."""

_REVISION = sql("SELECT version_num FROM alembic_version")


def health_routes(
    database: Database, head: str | None, hub: Hub, background: BackgroundParts, connections: Connections
) -> list[Route]:
    """Returns `/healthz`, which answers 200 while the process can answer, and `/readyz`, which answers 200 if the
    process should receive traffic, and otherwise 503. The body of `/readyz` has the result of each check."""

    async def healthz(_: Request) -> JSONResponse:
        return JSONResponse({"status": "ok"})

    async def readyz(_: Request) -> JSONResponse:
        revision = await _revision(database)
        checks = {
            "database": revision is not None,
            # Revisions are numbers of four digits. During an upgrade, a newer server migrates the database while this
            # one still serves.
            "migrations": revision is not None and head is not None and revision >= head,
            "broadcast": hub.broadcast_is_healthy,
            "accepting": not connections.draining,
            **background.running,
        }
        return JSONResponse(checks, 200 if all(checks.values()) else 503)

    return [Route("/healthz", healthz), Route("/readyz", readyz)]


async def _revision(database: Database) -> str | None:
    """Returns the database's revision; None if it cannot be read."""
    try:
        async with asyncio.timeout(DATABASE_SECONDS), database.connection(None) as connection:
            return str((await _REVISION.fetch(connection))[0][0])
    except DATABASE_FAILURES:
        return None
