"""Readiness while another version of the server migrates the database."""

import re
from pathlib import Path

import httpx
import pytest
from starlette.applications import Starlette

from live.hub import Hub
from server.background import BackgroundParts
from server.http.connections import Connections
from server.http.health import health_routes
from tests.support.waiting import until

MIGRATIONS = Path(__file__).parents[3] / "migrations" / "versions"


@pytest.mark.parametrize(("head", "status"), [("0001", 200), ("9999", 503)])
async def test_a_server_stays_ready_after_a_newer_one_has_migrated(app: Starlette, head: str, status: int) -> None:
    hub: Hub = app.state.hub
    await until(lambda: hub.broadcast_is_healthy, "the broadcast of the application")
    routes = health_routes(app.state.pool, head, hub, BackgroundParts({}), Connections())
    async with httpx.AsyncClient(transport=httpx.ASGITransport(Starlette(routes=routes)), base_url="http://t") as http:
        ready = await http.get("/readyz")
    assert (ready.status_code, ready.json()["migrations"]) == (status, status == 200)


def test_revisions_are_numbers_that_sort_as_texts() -> None:
    names = [path.name for path in MIGRATIONS.glob("*.py")]
    assert [name for name in names if not re.match(r"\d{4}_", name)] == []
