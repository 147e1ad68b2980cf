"""The application: the chat wired to its database, its hub and the outside."""

import asyncio
import gc
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

from sqlalchemy import select
from sqlmodel import col
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route, WebSocketRoute

from chat.ports import Chat
from loaders import Reading
from loaders.batches import Sessions
from models import Account, Agent
from schema.context import Services
from server.connections import Connections
from server.graphiql import DemoAgent, DemoSignIn, page, routes
from server.health import health_routes
from server.migrate import head_revision
from server.pool import Database
from server.schema import schema
from server.settings import Settings, async_url
from server.sign_in import SignIn, issue_token
from server.view import GraphQLView
from sources.registry import build_sources
from subscriptions.hub import Hub
from subscriptions.presences import Presences
from subscriptions.pruning import prune_for_good

ALLOCATIONS_PER_COLLECTION = 10_000
"""Python's own 700 are made by a few deliveries: with 300 sockets the collector took 40 % of the processor."""

DEMO_SESSION = timedelta(hours=12)


class SystemClock:
    def now(self) -> datetime:
        return datetime.now(UTC)


def create_app(settings: Settings, database_url: str) -> Starlette:
    """Returns the ASGI application; its lifespan starts and stops the hub and the pool."""
    database = Database.at(database_url)
    sources = build_sources(settings.source_configs, database.reads)
    reading = Reading(database.reads, sources)
    hub = Hub(reading, _broadcast_url(settings, database_url))
    services = Services(Chat(database.writes, SystemClock(), hub, reading.cards), reading, settings.url)
    demo = _demo(settings, database.reads) if settings.is_demo else None

    def graphiql(request: Request) -> Response:
        return page(request, demo)

    presences, connections = Presences(hub), Connections()
    view = GraphQLView(schema, services, hub, presences, connections, SignIn(settings), graphiql)

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        hub.start()
        presences.start()
        pruning = asyncio.create_task(prune_for_good(database.reads, SystemClock()))
        _leave_the_collector_less_to_do()
        yield
        pruning.cancel()
        await sources.aclose()
        await presences.stop()
        await hub.stop()
        await database.engine.dispose()

    app = Starlette(
        routes=[
            Route("/", _to_graphiql),
            *routes(demo),
            *health_routes(database.reads, head_revision(), hub, connections),
            Route("/graphql", view),
            WebSocketRoute("/graphql", view),
        ],
        lifespan=lifespan,
    )
    app.state.database = database
    app.state.connections = connections
    return app


def _leave_the_collector_less_to_do() -> None:
    """What stands by now stays: a full collection would walk it every few requests and stop all of them meanwhile."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(ALLOCATIONS_PER_COLLECTION)


def _broadcast_url(settings: Settings, database_url: str) -> str:
    """`postgres://` alone means the chat's own database."""
    if settings.broadcast_url in ("postgres://", "postgresql://"):
        return async_url(database_url).replace("postgresql+asyncpg://", "postgresql://", 1)
    return settings.broadcast_url


async def _to_graphiql(_: Request) -> Response:
    return RedirectResponse("/graphql")


def _demo(settings: Settings, reads: Sessions) -> DemoSignIn:
    async def agents() -> list[DemoAgent]:
        async with reads() as session:
            rows = await session.execute(
                select(Agent, col(Account.name))
                .join(Account, col(Account.account_id) == col(Agent.account_id))
                .order_by(col(Agent.account_id), col(Agent.sort_name))
                .limit(100)
            )
        return [
            DemoAgent(agent.account_id, account_name, agent.agent_id, agent.name, agent.role.value, agent.active)
            for agent, account_name in rows
        ]

    def issue(account_id: str, agent_id: str) -> str:
        return issue_token(settings, account_id, agent_id, DEMO_SESSION)

    return DemoSignIn(agents=agents, issue=issue)
