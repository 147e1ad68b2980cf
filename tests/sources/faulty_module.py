"""A module with a path for each fault that a module can have. It counts the calls of each path."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response, StreamingResponse
from starlette.routing import Route

from tests.support.api import Json

SECRET_TITLE = "The merger with Aurora"
CARD: Json = {"title": SECRET_TITLE, "url": "https://crm.example.com/deals/77"}
calls: Counter[str] = Counter()
cookies: Counter[str] = Counter()
broken = asyncio.Event()


def granted(check: Json, **more: object) -> Json:
    return {**check, "access": "GRANTED", "item": CARD, **more}


Faulty = Callable[[list[Json]], Response]


def json_of(change: Callable[[list[Json]], object]) -> Faulty:
    return lambda checks: JSONResponse(change(checks))


def results_of(change: Callable[[Json], Json]) -> Faulty:
    return json_of(lambda checks: {"results": [change(check) for check in checks]})


def raw(body: bytes, **headers: str) -> Faulty:
    return lambda _: Response(body, media_type="application/json", headers=headers)


REFUSED_WHOLE: dict[str, Faulty] = {
    "html": raw(b"<html>Sign in</html>"),
    "empty": raw(b""),
    "latin-1": raw('{"results": [{"title": "\xe9"}]}'.encode("latin-1")),
    "surrogate": raw(b'{"results": [{"agent_id": "\\ud800", "item_id": "77", "access": "FORBIDDEN"}]}'),
    "nested": raw(b"[" * 100_000),
    "null": raw(b"null"),
    "string": raw(b'"' + SECRET_TITLE.encode() + b'"'),
    "list": json_of(lambda checks: [granted(check) for check in checks]),
    "no results": json_of(lambda _: {"data": {}}),
    "results by pair": json_of(lambda checks: {"results": {"77": CARD}}),
    "number for an id": results_of(lambda check: granted(check, item_id=77)),
    "no access": results_of(lambda check: {**check, "item": CARD}),
    "boolean access": results_of(lambda check: granted(check, access=True)),
    "result is text": json_of(lambda _: {"results": [SECRET_TITLE]}),
    "huge": raw(b'{"results": [], "padding": "' + b"x" * 2_000_000 + b'"}'),
    "gzip": raw(bytes.fromhex("1f8b0800000000000003"), **{"content-encoding": "gzip"}),
    "redirect": lambda _: RedirectResponse("/good", 307),
    "not found": lambda _: JSONResponse({"results": []}, 404),
    "created": lambda _: JSONResponse({"results": []}, 201),
    "error": lambda _: Response(SECRET_TITLE, 500),
}
REFUSED_PAIR: dict[str, Faulty] = {
    "unknown word": results_of(lambda check: granted(check, access="granted")),
    "no item": results_of(lambda check: {**check, "access": "GRANTED"}),
    "item is text": results_of(lambda check: granted(check, item=SECRET_TITLE)),
    "no title": results_of(lambda check: granted(check, item={**CARD, "title": None})),
    "no url": results_of(lambda check: granted(check, item={"title": SECRET_TITLE})),
    "title is a number": results_of(lambda check: granted(check, item={**CARD, "title": 7})),
    "summary is a list": results_of(lambda check: granted(check, item={**CARD, "summary": [SECRET_TITLE]})),
    "url is an object": results_of(lambda check: granted(check, item={**CARD, "url": {"href": "https://x.example"}})),
    "details is a list": results_of(lambda check: granted(check, item={**CARD, "details": [1]})),
    "twice": json_of(
        lambda checks: {
            "results": [result for check in checks for result in (granted(check), {**check, "access": "FORBIDDEN"})]
        }
    ),
}
FINE: dict[str, Faulty] = {
    "good": results_of(granted),
    "backwards": json_of(lambda checks: {"results": [granted(check) for check in reversed(checks)]}),
    "extra keys": json_of(
        lambda checks: {"took": 3, "results": [granted(check, score=1, item={**CARD, "owner": 5}) for check in checks]}
    ),
    "extra pairs": json_of(
        lambda checks: {"results": [granted({"agent_id": "9", "item_id": "9"}), *map(granted, checks)]}
    ),
    "cookie": lambda checks: JSONResponse(
        {"results": [granted(check) for check in checks]}, headers={"set-cookie": "session=1; Path=/"}
    ),
}


def granted_only(known: Json) -> Callable[[Json], Json]:
    """Grants item 77 to agent 1, and answers every other check with `known`."""
    return lambda check: granted(check) if check == {"agent_id": "1", "item_id": "77"} else {**check, **known}


LONG_SUMMARY = "ação " * 820
OTHER: dict[str, Faulty] = {
    "long summaries": results_of(lambda check: granted(check, item={**CARD, "summary": LONG_SUMMARY})),
    "tells of the removed": results_of(granted_only({"access": "REMOVED"})),
    "has a word": results_of(granted_only({"access": "NOT_FOUND"})),
    "two million brackets": raw(b'{"results": [' + b",".join([b"{}"] * 660_000) + b"]}"),
    "none": json_of(lambda _: {"results": []}),
    "item with forbidden": results_of(lambda check: {**check, "access": "FORBIDDEN", "item": CARD}),
    "drops every second": json_of(lambda checks: {"results": [granted(check) for check in checks[::2]]}),
}
ANSWERS = REFUSED_WHOLE | REFUSED_PAIR | FINE | OTHER


async def asked(request: Request) -> Response:
    fault = request.path_params["fault"]
    calls[fault] += 1
    cookies[fault] += len(request.cookies)
    checks: list[Json] = (await request.json())["checks"]
    if fault == "slow":
        await asyncio.sleep(30)
    if fault == "flaky" and broken.is_set():
        return Response(SECRET_TITLE, 500)
    return ANSWERS.get(fault, FINE["good"])(checks)


async def trickle(request: Request) -> Response:
    """Sends a byte every 50 ms and never ends."""
    calls["trickle"] += 1

    async def body() -> AsyncIterator[bytes]:
        while True:
            yield b" "
            await asyncio.sleep(0.05)

    return StreamingResponse(body(), media_type="application/json")


async def count(request: Request) -> Response:
    fault = request.path_params["fault"]
    return JSONResponse({"calls": calls[fault], "cookies": cookies[fault]})


async def set_broken(request: Request) -> Response:
    if request.path_params["state"] == "broken":
        broken.set()
    else:
        broken.clear()
    return Response()


app = Starlette(
    routes=[
        Route("/trickle", trickle, methods=["POST"]),
        Route("/flaky/{state}", set_broken, methods=["PUT"]),
        Route("/{fault}", asked, methods=["POST"]),
        Route("/{fault}", count, methods=["GET"]),
    ]
)
