"""Federated modules that answer without data or with too many errors, each under a path of its own."""

import asyncio
import json

import jwt
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from tests.support.api import Json

REFUSED = {"2", "3", "4", "5", "6"}
"""Agents whom the modules refuse. The others are answered."""


def refusal(code: str | None) -> Json:
    error: Json = {"message": "No."} if code is None else {"message": "No.", "extensions": {"code": code}}
    return {"data": None, "errors": [error]}


ANSWERS: dict[str, tuple[int, Json | str]] = {
    "forbidden": (200, refusal("FORBIDDEN")),
    "not found": (200, refusal("NOT_FOUND")),
    "bare": (200, {"data": None, "errors": [{"extensions": {"code": "FORBIDDEN"}}]}),
    "without entities": (200, {"data": {"_entities": None}, "errors": refusal("FORBIDDEN")["errors"]}),
    "unauthenticated": (401, refusal("UNAUTHENTICATED")),
    "unauthorized": (403, refusal("FORBIDDEN")),
    "broken": (200, refusal("INTERNAL_SERVER_ERROR")),
    "without a code": (200, refusal(None)),
    "odd code": (200, {"errors": [{"extensions": {"code": ["FORBIDDEN"]}}]}),
    "partly": (200, {"errors": [*refusal("FORBIDDEN")["errors"], *refusal("INTERNAL_SERVER_ERROR")["errors"]]}),
    "invalid": (400, refusal("GRAPHQL_VALIDATION_FAILED")),
    "text": (401, "Unauthorized"),
    "error": (500, refusal("FORBIDDEN")),
    "nothing": (200, {"data": None}),
    "no errors": (200, {"data": None, "errors": []}),
}


async def answer(request: Request) -> Response:
    token = request.headers["authorization"].removeprefix("Bearer ")
    agent = jwt.decode(token, options={"verify_signature": False})["sub"]
    representations = (await request.json())["variables"]["representations"]
    path = request.path_params["path"]
    if path == "many errors":
        return await _many_errors(len(representations))
    if agent not in REFUSED:
        return JSONResponse({"data": {"_entities": [_deal(asked["id"]) for asked in representations]}})
    status, body = ANSWERS[path]
    return Response(body if isinstance(body, str) else json.dumps(body), status)


def _deal(id: str) -> Json:
    return {"__typename": "Deal", "id": id, "title": "A deal", "summary": None, "url": "https://crm.example.com/deals"}


async def _many_errors(entities: int) -> Response:
    error = {"path": ["_entities", entities - 1], "extensions": {"code": "REMOVED"}}
    body = {"data": {"_entities": [None] * entities}, "errors": [error] * 9_000}
    return Response(await asyncio.to_thread(json.dumps, body))


app = Starlette(routes=[Route("/{path}", answer, methods=["POST"])])
