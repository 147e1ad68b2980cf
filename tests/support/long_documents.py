"""Documents that select nearly everything, and requests that are larger than a server accepts by default."""

import sys

import pytest
from starlette.applications import Starlette
from starlette.routing import Route

from server.http.document_validation import DocumentLimits
from server.http.endpoint import GraphQLEndpoint
from server.http.operations import OperationLimits

DOCUMENTS = DocumentLimits(bytes=8_000_000, tokens=800_000, depth=1_000, aliases=100_000, directives=100_000)
LONG_DOCUMENTS = OperationLimits(DOCUMENTS, DOCUMENTS, cost=sys.maxsize, query_seconds=60)


def accept_long_documents(app: Starlette, monkeypatch: pytest.MonkeyPatch) -> None:
    (endpoint,) = [route.endpoint for route in app.routes if isinstance(route, Route) and route.path == "/graphql"]
    monkeypatch.setattr(endpoint.operations, "_limits", LONG_DOCUMENTS)  # type: ignore[attr-defined]
    monkeypatch.setattr(GraphQLEndpoint, "_size_limit", lambda *_: DOCUMENTS.bytes)
