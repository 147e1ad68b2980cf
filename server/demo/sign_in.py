"""Signing in as any of the demo's agents by choosing a name. These routes exist only where the server runs the demo."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

import jwt
from sqlalchemy import bindparam, select
from sqlmodel import col
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from chat.naming import is_storable
from models import Account, Agent
from models.columns import ACCOUNT_ID
from models.database import Database
from models.statements import Statement
from server.http.media_types import JSON
from server.http.origins import is_same_origin
from server.identity.tokens import issue_token
from server.settings import Settings

DEMO_PATH = "/graphql/demo"
SESSION = timedelta(hours=12)
BODY_BYTES = 1_000
LISTED_AGENTS = 100
LOOPBACK_HOSTS = ("localhost", "127.0.0.1", "::1")


@dataclass(frozen=True)
class DemoAgent:
    account_id: str
    account_name: str
    agent_id: str
    name: str
    role: str
    active: bool


_agents = select(
    col(Agent.account_id),
    col(Account.name),
    col(Agent.agent_id),
    col(Agent.name),
    col(Agent.role),
    col(Agent.active),
).join(Account, col(Account.account_id) == col(Agent.account_id))

_FIRST = Statement(_agents.order_by(col(Agent.account_id), col(Agent.sort_name)).limit(LISTED_AGENTS))
_ONE = Statement(_agents.where(col(Agent.account_id) == ACCOUNT_ID, col(Agent.agent_id) == bindparam("agent_id")))


class _Refusal(Exception):
    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.response = _json({"error": message}, status)


def demo_sign_in_routes(settings: Settings, database: Database) -> list[Route]:
    """Returns the routes that list the agents and issue a token for one of them."""
    known_hosts = _known_hosts(settings)

    async def agents(_: Request) -> JSONResponse:
        return _json([_agent_json(agent) for agent in await _listed_agents(database)])

    async def token(request: Request) -> JSONResponse:
        try:
            _refuse_other_sites(request, known_hosts)
            agent = await _chosen_agent(request, database)
        except _Refusal as refusal:
            return refusal.response
        return _token_json(issue_token(settings, agent.account_id, agent.agent_id, SESSION))

    return [
        Route(f"{DEMO_PATH}/agents", agents, methods=["GET"]),
        Route(f"{DEMO_PATH}/token", token, methods=["POST"]),
    ]


async def _listed_agents(database: Database) -> list[DemoAgent]:
    async with database.connection(None) as connection:
        return [DemoAgent(*record) for record in await _FIRST.fetch(connection)]


def _known_hosts(settings: Settings) -> frozenset[str]:
    """Returns the names under which users reach the server. A page on another site whose name resolves to this machine
    (DNS rebinding) has the same origin as the server, but sends the name of its site as the host."""
    return frozenset({*LOOPBACK_HOSTS, settings.host.lower(), urlsplit(settings.url).hostname or ""}) - {""}


def _host_name(host: str) -> str | None:
    """Returns the name in a `Host` header, without the port; None for a malformed one."""
    try:
        return urlsplit(f"//{host}").hostname
    except ValueError:
        return None


def _refuse_other_sites(request: Request, known_hosts: frozenset[str]) -> None:
    """Keeps pages of other sites from getting a token: they have another origin or host, and JSON needs a preflight
    request, which fails."""
    if _host_name(request.headers.get("host", "")) not in known_hosts or not is_same_origin(request.scope):
        raise _Refusal(403, "Sign in from a page of this server.")
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != JSON:
        raise _Refusal(415, f"The content type must be {JSON}.")


async def _chosen_agent(request: Request, database: Database) -> DemoAgent:
    account_id, agent_id = _choice(await _body(request))
    if is_storable(account_id) and is_storable(agent_id):
        async with database.connection(account_id) as connection:
            for record in await _ONE.fetch(connection, account_id=account_id, agent_id=agent_id):
                return DemoAgent(*record)
    raise _Refusal(404, "The demo has no such agent.")


async def _body(request: Request) -> bytes:
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > BODY_BYTES:
            raise _Refusal(413, f"The body can have at most {BODY_BYTES:,} bytes.")
    return body


def _choice(body: bytes) -> tuple[str, str]:
    try:
        choice: object = json.loads(body)
    except (ValueError, RecursionError):
        choice = None
    match choice:
        case {"accountId": str(account_id), "agentId": str(agent_id)}:
            return account_id, agent_id
    raise _Refusal(400, "The body needs the strings accountId and agentId.")


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
    """The expiry is read from the token without verification: this process has just signed it."""
    claims = jwt.decode(token, options={"verify_signature": False})
    expires = datetime.fromtimestamp(claims["exp"], UTC)
    return _json({"token": token, "expiresAt": expires.isoformat().replace("+00:00", "Z")})


def _json(content: object, status: int = 200) -> JSONResponse:
    return JSONResponse(content, status)
