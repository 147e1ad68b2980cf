"""The CRM of subgraphs/crm.graphql as a small subgraph. It records the requested references and the tokens."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import uvicorn
from graphql import GraphQLResolveInfo, build_schema, graphql_sync
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

Json = dict[str, Any]
Info = GraphQLResolveInfo[None]

SDL = (Path(__file__).parent / "subgraphs" / "crm.graphql").read_text("utf-8")
AS_A_SUBGRAPH = """
scalar _Any
union _Entity = Deal | Contact
extend type Query { _entities(representations: [_Any!]!): [_Entity]! }
"""

DEALS: dict[str, Json] = {
    "77": {"title": "CRM: Ótica Clara", "value": 18400.0, "stage": "PROPOSAL"},
    "78": {"title": "CRM: Grupo Aurora", "value": 96000.0, "stage": "NEGOTIATION"},
}


@dataclass
class Crm:
    url: str = ""
    tokens: list[str | None] = field(default_factory=list)
    """The authorization headers of the requests, in order."""
    references: list[list[str]] = field(default_factory=list)
    """The ids of the references in each request."""

    def forget(self) -> None:
        self.tokens.clear()
        self.references.clear()

    def deal(self, _: Info, id: str) -> Json | None:
        return {"__typename": "Deal", "id": id, **DEALS[id]} if id in DEALS else None

    def deals(self, info: Info, **_: object) -> Json:
        return {"nodes": [self.deal(info, id) for id in DEALS]}

    def _entities(self, info: Info, representations: list[Json]) -> list[Json | None]:
        self.references.append([representation["id"] for representation in representations])
        return [self.deal(info, representation["id"]) for representation in representations]

    async def answer(self, request: Request) -> JSONResponse:
        self.tokens.append(request.headers.get("authorization"))
        asked = await request.json()
        result = graphql_sync(
            SCHEMA,
            asked["query"],
            {"deal": self.deal, "deals": self.deals, "_entities": self._entities},
            variable_values=asked.get("variables"),
            operation_name=asked.get("operationName"),
        )
        return JSONResponse(result.formatted)


SCHEMA = build_schema(SDL + AS_A_SUBGRAPH, assume_valid_sdl=True)


@asynccontextmanager
async def serving_crm() -> AsyncIterator[Crm]:
    crm = Crm()
    app = Starlette(routes=[Route("/graphql", crm.answer, methods=["POST"])])
    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=0, lifespan="off", log_level="warning"))
    serving = asyncio.create_task(server.serve())
    while not server.started:  # noqa: ASYNC110  (uvicorn has no event for it)
        await asyncio.sleep(0.01)
    crm.url = f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}/graphql"
    yield crm
    server.should_exit = True
    await serving
