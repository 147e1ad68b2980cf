"""What the wrapper of the application does with requests that fail."""

import httpx
import pytest
from prometheus_client import CollectorRegistry, generate_latest
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from structlog.testing import capture_logs

from server.observation.observation import Observation
from server.observation.records import Transport, current_record, observe_graphql
from server.observation.request_metrics import RequestMetrics
from server.observation.requests import ObservedStarlette, TrustedProxies
from server.observation.spans import NoTracer


async def fail(_: Request) -> Response:
    observe_graphql(Transport.HTTP)
    raise ValueError("a-secret-value")


@pytest.fixture
def registry() -> CollectorRegistry:
    return CollectorRegistry()


@pytest.fixture
def app(registry: CollectorRegistry) -> ObservedStarlette:
    observation = Observation(RequestMetrics(registry), NoTracer())
    return ObservedStarlette(observation, TrustedProxies("127.0.0.1, 10.0.0.0/8"), [Route("/graphql", fail)], [])


async def get(app: ObservedStarlette, client: str = "127.0.0.1", **headers: str) -> httpx.Response:
    transport = httpx.ASGITransport(app, raise_app_exceptions=False, client=(client, 1234))
    async with httpx.AsyncClient(transport=transport, base_url="http://chat.test") as http:
        return await http.get("/graphql", headers=headers)


async def test_an_exception_is_logged_and_counted_as_an_internal_error(
    app: ObservedStarlette, registry: CollectorRegistry
) -> None:
    with capture_logs() as events:
        answer = await get(app)
    assert answer.status_code == 500
    assert len(answer.headers["x-request-id"]) == 32
    assert [event["event"] for event in events] == ["request_failed", "operation"]
    assert (events[1]["status"], events[1]["codes"]) == (500, ["INTERNAL_SERVER_ERROR"])
    assert 'outcome="INTERNAL_SERVER_ERROR"' in generate_latest(registry).decode()
    assert current_record() is None


@pytest.mark.parametrize(
    ("client", "is_trusted"), [("127.0.0.1", True), ("10.1.2.3", True), ("192.0.2.1", False), ("testclient", False)]
)
async def test_only_a_trusted_proxy_chooses_the_request_id(
    app: ObservedStarlette, client: str, is_trusted: bool
) -> None:
    answer = await get(app, client, **{"x-request-id": "chosen-by-the-client"})
    assert (answer.headers["x-request-id"] == "chosen-by-the-client") is is_trusted
