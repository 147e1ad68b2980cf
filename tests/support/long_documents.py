"""Documents that select nearly everything, which are longer than a server accepts by default."""

import pytest
from starlette.applications import Starlette
from starlette.routing import Route

from server.http.documents import DocumentLimits

LONG_DOCUMENTS = DocumentLimits(bytes=8_000_000, tokens=800_000)


def accept_long_documents(app: Starlette, monkeypatch: pytest.MonkeyPatch) -> None:
    (endpoint,) = [route.endpoint for route in app.routes if isinstance(route, Route) and route.path == "/graphql"]
    monkeypatch.setattr(endpoint.operations, "_limits", LONG_DOCUMENTS)  # type: ignore[attr-defined]
