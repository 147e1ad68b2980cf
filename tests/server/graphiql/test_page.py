"""The page and the demo's sign-in, without a browser."""

import hashlib
import json
import re
from collections.abc import AsyncIterator
from datetime import datetime

import httpx
import jwt
import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from models.database import Database
from server.demo.sign_in import DEMO_PATH, demo_sign_in_routes
from server.graphiql import assets_mount, page
from server.graphiql.assets import FOLDER
from server.http.security_headers import SecurityHeaders
from server.settings import Settings
from tests.support.api import Account, AgentClient, Api

HOST = "127.0.0.1:8000"


def client_of(settings: Settings, database: Database | None) -> httpx.AsyncClient:
    """Returns a client of an application that serves the page, and the demo's sign-in if there is a database."""

    async def graphiql(request: Request) -> Response:
        return page(request, DEMO_PATH if database else None)

    demo = demo_sign_in_routes(settings, database) if database else []
    routes = [assets_mount(), *demo, Route("/graphql", graphiql)]
    app = Starlette(routes=routes, middleware=[Middleware(SecurityHeaders)])
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=f"http://{HOST}")


@pytest.fixture
async def client(settings: Settings, app: Starlette) -> AsyncIterator[httpx.AsyncClient]:
    async with client_of(settings, app.state.pool) as client:
        yield client


@pytest.fixture
def choice(account: Account) -> dict[str, str]:
    """Returns what the page sends when Bruno is chosen."""
    return {"accountId": account.account_id, "agentId": "bruno"}


async def test_the_policy_allows_no_inline_script_and_no_other_server(client: httpx.AsyncClient) -> None:
    response = await client.get("/graphql")
    policy = dict(part.split(" ", 1) for part in response.headers["content-security-policy"].split("; "))
    nonce = re.search(r'nonce="([^"]+)"', response.text)
    assert nonce is not None
    assert policy == {
        "default-src": "'none'",
        "script-src": "'self'",
        "style-src": f"'self' 'nonce-{nonce[1]}'",
        "img-src": "'self' data:",
        "font-src": "'self' data:",
        "connect-src": f"'self' ws://{HOST} wss://{HOST}",
        "frame-ancestors": "'none'",
        "base-uri": "'none'",
        "form-action": "'none'",
    }


async def test_a_malformed_host_is_not_put_into_the_policy(client: httpx.AsyncClient) -> None:
    response = await client.get("/graphql", headers={"host": "x; script-src *"})
    assert "connect-src 'self';" in response.headers["content-security-policy"]
    assert "*" not in response.headers["content-security-policy"]


async def test_the_page_cannot_be_cached_or_framed(
    client: httpx.AsyncClient,
) -> None:
    headers = (await client.get("/graphql")).headers
    assert headers["cache-control"] == "no-store"
    assert headers["vary"] == "Accept"
    assert headers["x-frame-options"] == "DENY"
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"


async def test_every_asset_of_the_page_is_served_with_a_long_cache_time(client: httpx.AsyncClient) -> None:
    document = (await client.get("/graphql")).text
    paths = re.findall(r'(?:src|href)="([^"]+)"', document)
    assert len(paths) >= 8
    for path in paths:
        response = await client.get(path)
        assert response.status_code == 200, path
        assert "immutable" in response.headers["cache-control"]
        assert response.headers["x-content-type-options"] == "nosniff"
    assert (await client.get(paths[0] + ".missing")).status_code == 404


async def test_without_the_demo_there_is_no_sign_in(settings: Settings, choice: dict[str, str]) -> None:
    async with client_of(settings, None) as client:
        assert '"demo": null' in (await client.get("/graphql")).text
        assert (await client.get("/graphql/demo/agents")).status_code == 404
        assert (await client.post("/graphql/demo/token", json=choice)).status_code == 404


async def test_the_demo_lists_its_agents(client: httpx.AsyncClient, api: Api) -> None:
    """The first 100. This account comes before those of other tests."""
    first = Account(api, "account")
    await first.sync(agents=[{"id": "bruno", "name": "Bruno"}])
    listed = (await client.get("/graphql/demo/agents")).json()
    assert listed[0] == {
        "accountId": "account",
        "accountName": "account",
        "agentId": "bruno",
        "name": "Bruno",
        "role": "AGENT",
        "active": True,
    }


async def test_the_demo_issues_a_token_for_an_agent(
    client: httpx.AsyncClient, account: Account, choice: dict[str, str]
) -> None:
    response = await client.post("/graphql/demo/token", json=choice)
    answer = response.json()
    claims = jwt.decode(answer["token"], options={"verify_signature": False})
    assert (claims["account_id"], claims["sub"]) == (account.account_id, "bruno")
    assert datetime.fromisoformat(answer["expiresAt"]).timestamp() == claims["exp"]
    assert response.headers["cache-control"] == "no-store"
    viewer = await AgentClient(account.api.http, answer["token"], account.account_id, "bruno", "Bruno").query(
        "{ chatViewer { agent { id } } }"
    )
    assert viewer == {"chatViewer": {"agent": {"id": "bruno"}}}


@pytest.mark.parametrize(
    ("headers", "content", "status"),
    [
        pytest.param({"origin": "http://elsewhere.invalid"}, None, 403, id="foreign origin"),
        pytest.param({"origin": "null"}, None, 403, id="null origin"),
        pytest.param({"origin": "http://127.0.0.1:8001"}, None, 403, id="another port"),
        pytest.param({"host": "site.example:8000", "origin": "http://site.example:8000"}, None, 403, id="foreign host"),
        pytest.param({"host": "127.0.0.1.example", "origin": "http://127.0.0.1.example"}, None, 403, id="similar host"),
        pytest.param({"host": "[x", "origin": "http://[x"}, None, 403, id="malformed host"),
        pytest.param({"host": "", "origin": ""}, None, 403, id="no host"),
        pytest.param({"content-type": "text/plain"}, None, 415, id="a type that forms can send"),
        pytest.param({"content-type": ""}, None, 415, id="no type"),
        pytest.param({}, '{"accountId": "1", "agentId": "77"}', 404, id="unknown agent"),
        pytest.param({}, '{"accountId": "2", "agentId": "2"}', 404, id="agent of another account"),
        pytest.param({}, '{"accountId": 1, "agentId": 2}', 400, id="numbers"),
        pytest.param({}, "[]", 400, id="an array"),
        pytest.param({}, "no JSON", 400, id="no JSON"),
        pytest.param({}, b"\xff", 400, id="no text"),
        pytest.param({}, "[" * 900, 400, id="deep"),
        pytest.param({}, " " * 10_000, 413, id="too long"),
    ],
)
async def test_the_demo_refuses_other_choices_and_origins(
    client: httpx.AsyncClient,
    choice: dict[str, str],
    headers: dict[str, str],
    content: str | bytes | None,
    status: int,
) -> None:
    accepted = {"origin": f"http://{HOST}", "content-type": "application/json; charset=utf-8"}
    chosen = json.dumps(choice)
    control = await client.post("/graphql/demo/token", content=chosen, headers=accepted)
    assert control.status_code == 200
    refused = await client.post("/graphql/demo/token", content=content or chosen, headers=accepted | headers)
    assert refused.status_code == status
    assert list(refused.json()) == ["error"]


def test_the_vendored_files_are_the_listed_ones() -> None:
    vendor = FOLDER / "vendor"
    listed = dict(re.findall(r"\| `([\w.-]+)` \| `([0-9a-f]{64})` \|", (vendor / "VENDORED.md").read_text("utf-8")))
    found = {
        file.name: hashlib.sha256(file.read_bytes()).hexdigest()
        for file in vendor.iterdir()
        if file.suffix in (".js", ".css")
    }
    assert found == listed
    assert not any("sourceMappingURL" in (vendor / name).read_text("utf-8") for name in found)


@pytest.mark.parametrize(
    "host", ["localhost:8000", "127.0.0.1:8000", "[::1]:8000", "LOCALHOST", "chat.example.com", "127.0.0.2:8000"]
)
async def test_the_demo_answers_under_its_own_names(
    settings: Settings, app: Starlette, choice: dict[str, str], host: str
) -> None:
    known = settings.model_copy(update={"host": "127.0.0.2", "public_url": "https://chat.example.com/chat"})
    async with client_of(known, app.state.pool) as client:
        for sent, status in ((host, 200), ("other.example.com", 403)):
            headers = {"host": sent, "origin": f"http://{sent}"}
            assert (await client.post("/graphql/demo/token", json=choice, headers=headers)).status_code == status
