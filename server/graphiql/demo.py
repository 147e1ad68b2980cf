"""Signing in as any of the demo's agents by picking a name: only where the server runs as the demo."""

import json
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import urlsplit

import jwt
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

BODY_LIMIT = 1_000


@dataclass(frozen=True)
class DemoAgent:
    account_id: str
    account_name: str
    agent_id: str
    name: str
    role: str
    active: bool


@dataclass(frozen=True)
class DemoSignIn:
    agents: Callable[[], Awaitable[Sequence[DemoAgent]]]
    issue: Callable[[str, str], str]
    """(account id, agent id) -> bearer token."""


class Refusal(Exception):
    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.response = _json({"error": message}, status)


def demo_routes(demo: DemoSignIn) -> list[Route]:
    async def agents(_: Request) -> JSONResponse:
        return _json([_agent_json(agent) for agent in await demo.agents()])

    async def token(request: Request) -> JSONResponse:
        try:
            _refuse_other_sites(request)
            agent = await _chosen(request, demo)
        except Refusal as refusal:
            return refusal.response
        return _token_json(demo.issue(agent.account_id, agent.agent_id))

    return [
        Route("/graphql/demo/agents", agents, methods=["GET"]),
        Route("/graphql/demo/token", token, methods=["POST"]),
    ]


def _refuse_other_sites(request: Request) -> None:
    """No page of another site gets a token: its Origin betrays it, and JSON needs a preflight that fails."""
    origin = request.headers.get("origin")
    if origin is not None and urlsplit(origin).netloc != request.headers.get("host"):
        raise Refusal(403, "Sign in from the page of this server.")
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        raise Refusal(415, "Send application/json.")


async def _chosen(request: Request, demo: DemoSignIn) -> DemoAgent:
    account_id, agent_id = _choice(await _body(request))
    for agent in await demo.agents():
        if (agent.account_id, agent.agent_id) == (account_id, agent_id):
            return agent
    raise Refusal(404, "The demo has no such agent.")


async def _body(request: Request) -> bytes:
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > BODY_LIMIT:
            raise Refusal(413, "That is more than an account and an agent.")
    return body


def _choice(body: bytes) -> tuple[str, str]:
    try:
        choice: object = json.loads(body)
    except (ValueError, RecursionError):
        choice = None
    match choice:
        case {"accountId": str(account_id), "agentId": str(agent_id)}:
            return account_id, agent_id
    raise Refusal(400, "Send accountId and agentId, both strings.")


def _agent_json(agent: DemoAgent) -> dict[str, str | bool]:
    return {
        "accountId": agent.account_id,
        "accountName": agent.account_name,
        "agentId": agent.agent_id,
        "name": agent.name,
        "role": agent.role,
        "active": agent.active,
    }


def _token_json(token: str) -> JSONResponse:
    """The expiry is the token's own, read unverified: this process signed it a moment ago."""
    claims = jwt.decode(token, options={"verify_signature": False})
    expires = datetime.fromtimestamp(claims["exp"], UTC)
    return _json({"token": token, "expiresAt": expires.isoformat().replace("+00:00", "Z")})


def _json(content: object, status: int = 200) -> JSONResponse:
    return JSONResponse(content, status, headers={"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"})
