"""Every response tells browsers not to interpret, embed or cache it, unless it has headers of its own for that."""

import httpx
import pytest

from server.graphiql.assets import ASSETS_PATH
from server.http.security_headers import DEFAULTS
from tests.support.api import Account

PATHS = ["/", "/healthz", "/graphql", "/graphql?query={__typename}", "/unknown", f"{ASSETS_PATH}/boot.js"]


@pytest.fixture
def http(account: Account) -> httpx.AsyncClient:
    return account.api.http


@pytest.mark.parametrize("path", PATHS)
async def test_responses_have_all_headers(http: httpx.AsyncClient, path: str) -> None:
    for accept in ("application/json", "text/html"):
        headers = (await http.get(path, headers={"accept": accept})).headers
        assert headers.keys() >= DEFAULTS.keys()
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["x-frame-options"] == "DENY"
        assert "default-src 'none'" in headers["content-security-policy"]


async def test_results_are_not_cached(account: Account) -> None:
    headers = {"authorization": f"Bearer {account.ana.token}"}
    response = await account.api.http.post("/graphql", json={"query": "{ __typename }"}, headers=headers)
    assert response.headers["cache-control"] == "no-store"
