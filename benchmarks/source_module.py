"""The source module of the live benchmark, which owns one deal. Agents with an even number may see it.

It follows docs/source-modules.md like a real module: it verifies the token and answers each pair of agent and item.
"""

import os
import sys

import jwt
import orjson
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

AUDIENCE = "internal-chat-source"
ITEM = {
    "title": "Annual renewal, Blue Bakery",
    "summary": "12 seats, with campaigns.",
    "url": "https://crm.example.com/deals/77",
    "details": {"stage": "Proposal sent", "amount": "18400.00", "currency": "BRL"},
}

secret = os.environ["MODULE_SECRET"]


async def cards(request: Request) -> Response:
    _, _, token = request.headers.get("authorization", "").partition(" ")
    try:
        jwt.decode(token, secret, algorithms=["HS256"], audience=AUDIENCE, options={"require": ["aud", "exp"]})
    except jwt.InvalidTokenError:
        return Response(status_code=401)
    checks = orjson.loads(await request.body())["checks"]
    results = [result(check["agent_id"], check["item_id"]) for check in checks]
    return Response(orjson.dumps({"results": results}), media_type="application/json")


def result(agent_id: str, item_id: str) -> dict[str, object]:
    check = {"agent_id": agent_id, "item_id": item_id}
    if int(agent_id.rpartition("-")[2]) % 2:
        return {**check, "access": "FORBIDDEN"}
    return {**check, "access": "GRANTED", "item": ITEM}


def main() -> None:
    uvicorn.run(
        Starlette(routes=[Route("/cards", cards, methods=["POST"])]),
        port=int(sys.argv[1]),
        loop="uvloop",
        http="httptools",
        lifespan="off",
        access_log=False,
        log_level="warning",
    )


if __name__ == "__main__":
    main()
