"""An example of a source module. It owns deals, and answers which of them an agent may see.

    MODULE_SECRET=<32 characters or more> uvicorn examples.source_module.app:app --port 9100

Configure it in the chat:

    CHAT_SOURCES='{"DEAL": {"type": "http", "url": "http://127.0.0.1:9100/cards", "secret": "<the same>"}}'

Test it:

    internal-chat check-source http://127.0.0.1:9100/cards --kind DEAL --secret <the same> --agent 2 --item 77

docs/source-modules.md has the complete contract. items.json stands for your database.
"""

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import jwt
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

KIND = os.environ.get("MODULE_KIND", "DEAL")
SECRET = os.environ["MODULE_SECRET"]
ITEMS_FILE = Path(os.environ.get("MODULE_ITEMS", Path(__file__).with_name("items.json")))
CHECKS_PER_CALL = 500

Json = dict[str, Any]


class Refused(Exception):
    """Ends the request with this status. The chat shows the cards as unavailable."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status


def items_of(account_id: str) -> Mapping[str, Json]:
    """Returns the account's items by id. The same id may exist in several accounts."""
    accounts: Mapping[str, Mapping[str, Json]] = json.loads(ITEMS_FILE.read_text())
    return accounts.get(account_id, {})


async def cards(request: Request) -> Response:
    """Answers for each pair of agent and item what the agent may see."""
    try:
        verify(request.headers.get("authorization", ""))
        account_id, checks = parse(await request.body())
    except Refused as refused:
        return JSONResponse({"error": str(refused)}, refused.status)
    items = items_of(account_id)  # in a real module: one query for all ids of the request
    results = [result(check, items.get(check["item_id"])) for check in checks]
    return JSONResponse({"results": results})


def verify(authorization: str) -> None:
    """Fixes the algorithm instead of taking it from the token, and requires audience and expiry. Raises Refused."""
    scheme, _, token = authorization.partition(" ")
    try:
        if scheme.lower() != "bearer":
            raise jwt.InvalidTokenError
        jwt.decode(
            token,
            SECRET,
            algorithms=["HS256"],
            audience="internal-chat-source",
            leeway=10,
            options={"require": ["aud", "exp"]},
        )
    except jwt.InvalidTokenError:
        raise Refused(401, "the token is not from the chat") from None


def parse(body: bytes) -> tuple[str, list[Json]]:
    """Returns the account and the checks. Raises Refused for a request that does not follow the contract."""
    try:
        request = json.loads(body)
        account_id, kind, checks = request["account_id"], request["kind"], request["checks"]
        pairs = [{"agent_id": check["agent_id"], "item_id": check["item_id"]} for check in checks]
    except (ValueError, KeyError, TypeError):
        raise Refused(400, "the request does not follow the contract") from None
    if kind != KIND or len(pairs) > CHECKS_PER_CALL:
        raise Refused(400, f"this module answers at most {CHECKS_PER_CALL} checks of {KIND}")
    return account_id, pairs


def result(check: Json, item: Json | None) -> Json:
    """Answers FORBIDDEN for unknown items too, so that nobody learns which ids exist. Only agents who could see an item
    before it was removed learn that it was."""
    if item is None or check["agent_id"] not in item["visible_to"]:
        return {**check, "access": "FORBIDDEN"}
    if item.get("removed"):
        return {**check, "access": "REMOVED"}
    return {**check, "access": "GRANTED", "item": item["card"]}


app = Starlette(routes=[Route("/cards", cards, methods=["POST"])])
