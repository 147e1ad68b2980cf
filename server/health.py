"""What a load balancer and an orchestrator ask."""

import asyncio

from sqlalchemy import text
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from loaders.batches import DATABASE_FAILURES, Sessions
from server.connections import Connections
from subscriptions.hub import Hub

PATIENCE = 2.0
"""Seconds that the database has to answer; whoever asks goes on asking, and each question holds a connection."""


def health_routes(sessions: Sessions, head: str | None, hub: Hub, connections: Connections) -> list[Route]:
    """`/healthz`: the process answers. `/readyz`: it should get traffic, else 503 with what is missing."""

    async def healthz(_: Request) -> JSONResponse:
        return JSONResponse({"status": "ok"})

    async def readyz(_: Request) -> JSONResponse:
        revision = await _revision(sessions)
        checks = {
            "database": revision is not None,
            "migrations": revision is not None and revision == head,
            "broadcast": hub.broadcast_is_healthy,
            "accepting": not connections.draining,
        }
        return JSONResponse(checks, 200 if all(checks.values()) else 503)

    return [Route("/healthz", healthz), Route("/readyz", readyz)]


async def _revision(sessions: Sessions) -> str | None:
    """Returns the database's revision, None when it cannot be asked."""
    try:
        async with asyncio.timeout(PATIENCE), sessions() as session:
            return str(await session.scalar(text("SELECT version_num FROM alembic_version")))
    except DATABASE_FAILURES:
        return None
