"""A source module that counts its calls. It grants access to all agents except davi and those whose id ends in an odd
digit. Its answer about the item `doubtful` for carla is invalid."""

import asyncio

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

calls: list[dict[str, object]] = []
delay = 0.0


async def answer(request: Request) -> JSONResponse:
    asked = await request.json()
    calls.append({"kind": asked["kind"], "checks": len(asked["checks"])})
    await asyncio.sleep(delay)
    return JSONResponse({"results": [_result(check) for check in asked["checks"]]})


def _result(check: dict[str, str]) -> dict[str, object]:
    if check == {"agent_id": "carla", "item_id": "doubtful"}:
        return {**check, "access": "PERHAPS"}
    if check["agent_id"] == "davi" or check["agent_id"][-1] in "13579":
        return {**check, "access": "FORBIDDEN"}
    item = {"title": f"Title of {check['item_id']}", "url": f"https://app.example.com/{check['item_id']}"}
    return {**check, "access": "GRANTED", "item": item}


async def control(request: Request) -> JSONResponse:
    """Returns the calls since the last request to this path. `?delay=` sets the delay of later calls."""
    global delay
    delay = float(request.query_params.get("delay", delay))
    seen = list(calls)
    calls.clear()
    return JSONResponse(seen)


app = Starlette(routes=[Route("/cards", answer, methods=["POST"]), Route("/control", control)])

if __name__ == "__main__":
    import sys

    uvicorn.run(app, host="127.0.0.1", port=int(sys.argv[1]), log_level="warning")
