"""Pages of other origins: which may send requests, read answers and event streams, and open sockets."""

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from starlette.types import Message, Receive, Scope, Send
from structlog.testing import capture_logs

from server.app import create_app
from server.demo.sign_in import DEMO_PATH
from server.http.origins import OriginPolicy
from server.settings import Settings
from tests.support.api import Account

FRONT_END = "https://app.example"
PREFLIGHT = {"access-control-request-method": "POST", "access-control-request-headers": "authorization,content-type"}


@pytest.fixture(scope="module")
async def http(worker_folder: Path, database_url: str) -> AsyncIterator[httpx.AsyncClient]:
    """A client of a server that allows FRONT_END."""
    app = create_app(Settings(data_dir=worker_folder, allowed_origins=frozenset({FRONT_END})), database_url)
    client = httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://localhost")
    async with app.router.lifespan_context(app), client as http:
        yield http


@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_a_preflight_request_of_an_allowed_origin_permits_the_request(
    http: httpx.AsyncClient, method: str
) -> None:
    headers = PREFLIGHT | {"access-control-request-method": method, "origin": FRONT_END}
    response = await http.options("/graphql", headers=headers)
    assert response.status_code == 200
    assert response.headers["access-control-allow-origin"] == FRONT_END
    assert method in response.headers["access-control-allow-methods"]
    assert response.headers["access-control-allow-headers"] == "authorization,content-type"
    assert "access-control-allow-credentials" not in response.headers


@pytest.mark.parametrize("accept", ["application/json", "text/event-stream"])
async def test_an_allowed_origin_can_read_the_answer(http: httpx.AsyncClient, account: Account, accept: str) -> None:
    headers = {"origin": FRONT_END, "accept": accept, "authorization": f"Bearer {account.ana.token}"}
    for query in ("{ chatViewer { sendKey } }", "{"):
        response = await http.post("/graphql", json={"query": query}, headers=headers)
        assert response.status_code == 200
        assert response.headers["access-control-allow-origin"] == FRONT_END
        assert "Origin" in response.headers["vary"]
    malformed = await http.post("/graphql", json=[], headers=headers)
    assert (malformed.status_code, malformed.headers["access-control-allow-origin"]) == (400, FRONT_END)


@pytest.mark.parametrize(
    "origin", ["https://other.example", "http://app.example", f"{FRONT_END}:8443", "https://x.app.example", "null"]
)
async def test_another_origin_can_read_nothing_and_is_logged(http: httpx.AsyncClient, origin: str) -> None:
    with capture_logs() as logs:
        preflight = await http.options("/graphql", headers=PREFLIGHT | {"origin": origin})
    assert preflight.status_code == 400
    assert "access-control-allow-origin" not in preflight.headers
    (line,) = logs
    assert (line["event"], line["origin"]) == ("origin_refused", origin)
    assert "CHAT_ALLOWED_ORIGINS" in line["remedy"]
    for accept in ("application/json", "text/event-stream"):
        headers = {"origin": origin, "accept": accept}
        answer = await http.post("/graphql", json={"query": "{ __typename }"}, headers=headers)
        assert "access-control-allow-origin" not in answer.headers


async def test_only_the_endpoint_is_open_to_other_origins(http: httpx.AsyncClient, account: Account) -> None:
    """The demo issues tokens to pages of this server only."""
    choice = {"accountId": account.account_id, "agentId": "ana"}
    own = await http.post(f"{DEMO_PATH}/token", json=choice, headers={"origin": "http://localhost"})
    assert own.status_code == 200
    token = await http.post(f"{DEMO_PATH}/token", json=choice, headers={"origin": FRONT_END})
    assert token.status_code == 403
    agents = await http.get(f"{DEMO_PATH}/agents", headers={"origin": FRONT_END})
    assert "access-control-allow-origin" not in agents.headers


async def test_an_allowed_origin_can_open_a_socket() -> None:
    """Also through a development proxy that changes the `Host`."""
    scope: Scope = {"type": "websocket", "headers": [(b"origin", FRONT_END.encode()), (b"host", b"127.0.0.1:8000")]}
    assert await reaches_endpoint(scope, frozenset({FRONT_END}))
    with capture_logs() as logs:
        assert not await reaches_endpoint(scope, frozenset())
    assert [(line["event"], line["origin"]) for line in logs] == [("origin_refused", FRONT_END)]


async def reaches_endpoint(scope: Scope, allowed_origins: frozenset[str]) -> bool:
    """Returns whether a handshake reaches the endpoint behind the policy."""
    sent: list[Message] = []

    async def endpoint(_: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "websocket.accept"})

    async def receive() -> Message:
        return {"type": "websocket.connect"}

    async def send(message: Message) -> None:
        sent.append(message)

    await OriginPolicy(endpoint, allowed_origins)(scope, receive, send)
    return sent == [{"type": "websocket.accept"}]
