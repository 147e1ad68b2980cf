"""What a load balancer and an orchestrator ask."""

from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from loaders.batches import Sessions
from server.draining import Sockets
from subscriptions.hub import Hub


def health_routes(sessions: Sessions, head: str | None, hub: Hub, sockets: Sockets) -> list[Route]:
    """`/healthz`: the process answers. `/readyz`: it should get traffic, else 503 with what is missing."""

    async def healthz(_: Request) -> JSONResponse:
        return JSONResponse({"status": "ok"})

    async def readyz(_: Request) -> JSONResponse:
        revision = await _revision(sessions)
        checks = {
            "database": revision is not None,
            "migrations": revision is not None and revision == head,
            "broadcast": hub.broadcast_is_healthy,
            "accepting": not sockets.draining,
        }
        return JSONResponse(checks, 200 if all(checks.values()) else 503)

    return [Route("/healthz", healthz), Route("/readyz", readyz)]


async def _revision(sessions: Sessions) -> str | None:
    """Returns the database's revision, None when it cannot be asked."""
    try:
        async with sessions() as session:
            return str(await session.scalar(text("SELECT version_num FROM alembic_version")))
    except (DBAPIError, OSError, TimeoutError):
        return None
