"""An example of a source module: it owns deals, and tells the chat which of them an agent may see.

    MODULE_SECRET=<32 characters or more> uvicorn examples.source_module.app:app --port 9100

The chat finds it by
    CHAT_SOURCES='{"DEAL": {"type": "http", "url": "http://127.0.0.1:9100/cards", "secret": "<the same>"}}'
and this says whether the two understand each other:
    internal-chat check-source http://127.0.0.1:9100/cards --kind DEAL --secret <the same> --agent 2 --item 77

The whole contract is in docs/source-modules.md. What stands in items.json is in your database.
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
    """Answered with this status; the chat shows the cards as unavailable."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status


def items_of(account_id: str) -> Mapping[str, Json]:
    """The account's items by id. Always by account: ids of another one may be the same."""
    every: Mapping[str, Mapping[str, Json]] = json.loads(ITEMS_FILE.read_text())
    return every.get(account_id, {})


async def cards(request: Request) -> Response:
    """The one endpoint: for each pair of agent and item, what the agent gets to see."""
    try:
        verify(request.headers.get("authorization", ""))
        account_id, checks = question(await request.body())
    except Refused as refused:
        return JSONResponse({"error": str(refused)}, refused.status)
    items = items_of(account_id)  # one query for all ids of the call in a real module
    results = [result(check, items.get(check["item_id"])) for check in checks]
    return JSONResponse({"results": results})


def verify(authorization: str) -> None:
    """The algorithm is ours to name, never the token's; audience and expiry must be there."""
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
        raise Refused(401, "not signed by the chat") from None


def question(body: bytes) -> tuple[str, list[Json]]:
    """Returns the account and the checks, or refuses what the contract does not have."""
    try:
        asked = json.loads(body)
        account_id, kind, checks = asked["account_id"], asked["kind"], asked["checks"]
        pairs = [{"agent_id": check["agent_id"], "item_id": check["item_id"]} for check in checks]
    except (ValueError, KeyError, TypeError):
        raise Refused(400, "not the contract's request") from None
    if kind != KIND or len(pairs) > CHECKS_PER_CALL:
        raise Refused(400, f"this module answers up to {CHECKS_PER_CALL} checks of {KIND}")
    return account_id, pairs


def result(check: Json, item: Json | None) -> Json:
    """An unknown item and a forbidden one are answered alike, so that nobody learns which ids there are. That an item
    is gone is told to whoever could see it while it was there."""
    if item is None or check["agent_id"] not in item["visible_to"]:
        return {**check, "access": "FORBIDDEN"}
    if item.get("removed"):
        return {**check, "access": "REMOVED"}
    return {**check, "access": "GRANTED", "item": item["card"]}


app = Starlette(routes=[Route("/cards", cards, methods=["POST"])])
