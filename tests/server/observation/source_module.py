"""A source module that grants everybody its items, whose title is TITLE. It fails for tasks, with the same text."""

import os

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

TITLE = os.environ.get("TITLE", "An item")
traceparents: list[str] = []


async def answer(request: Request) -> Response:
    traceparents.append(request.headers.get("traceparent", ""))
    question = await request.json()
    if question["kind"] == "TASK":
        return Response(TITLE, 500)
    item = {"title": TITLE, "url": "https://crm.example.com/items/77"}
    return JSONResponse({"results": [{**check, "access": "GRANTED", "item": item} for check in question["checks"]]})


async def received(_: Request) -> Response:
    return JSONResponse(traceparents)


app = Starlette(routes=[Route("/", answer, methods=["POST"]), Route("/", received, methods=["GET"])])
