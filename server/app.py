"""The application: assembles the chat, its database, its background parts and its endpoints."""

import asyncio
import gc
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import timedelta
from functools import partial
from types import MappingProxyType

from prometheus_client import CollectorRegistry, ProcessCollector
from prometheus_client.registry import Collector
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route, WebSocketRoute

from chat.ports import Chat, UploadLimits
from files.links import FileLinks
from live.hub import Hub
from live.presence import PresenceTracker
from live.pruning import prune_periodically
from loaders import DataSources
from notifications.unsubscriber import EmailUnsubscriber
from schema.context import Services
from server.activations import apply_activations_periodically
from server.audit_pruning import prune_audit_periodically
from server.background import BackgroundParts, Part
from server.clock import SystemClock
from server.demo.loading import load_items
from server.demo.sign_in import DEMO_PATH, demo_sign_in_routes
from server.directory_thread import DirectoryThread
from server.email import email_worker
from server.expiry import expire_periodically
from server.file_store import open_files
from server.file_sweep import sweep_files_periodically
from server.graphiql import assets_mount, page
from server.http.connections import Connections
from server.http.documents import DocumentPolicy
from server.http.endpoint import EXPOSED_HEADERS, GraphQLEndpoint
from server.http.file_routes import file_routes
from server.http.health import health_routes
from server.http.metrics import metrics_route
from server.http.operations import OperationLimits, Operations
from server.http.origins import OriginPolicy
from server.http.security_headers import SecurityHeaders
from server.http.trusted_documents import read_trusted_documents
from server.http.unsubscribe import unsubscribe_routes
from server.identity.sign_in import SignIn
from server.indexing import index_periodically
from server.limits.rates import ClientRates
from server.limits.shared_rates import rate_limiter
from server.observation.loop_lag import LoopLag
from server.observation.observation import Observation
from server.observation.outbox_depth import OutboxMetrics
from server.observation.process_state import (
    BackgroundState,
    ConnectionsState,
    EmailState,
    HubState,
    PoolState,
    SourcesState,
)
from server.observation.request_metrics import RequestMetrics
from server.observation.requests import ObservedStarlette, TrustedProxies
from server.observation.tracing import tracer_of_environment
from server.postgres.migrate import head_revision
from server.postgres.pool import ConnectionPool
from server.schema import schema
from server.settings import Settings
from sources.demo import DemoItems
from sources.registry import build_sources

ALLOCATIONS_PER_COLLECTION = 50_000
"""A few deliveries reach Python's default of 700: with 300 sockets, the garbage collector took 40 % of the CPU time."""


def create_app(
    settings: Settings,
    database_url: str,
    demo_items: DemoItems | None = None,
    database_parts: Mapping[str, Part] = MappingProxyType({}),
) -> Starlette:
    """Returns the ASGI application. Its lifespan starts and stops the background parts, also those that the database
    needs, and closes the pool.

    Source modules of type "demo" answer from `demo_items`, by default from the items of the demo's content.
    """
    registry, tracer = CollectorRegistry(), tracer_of_environment()
    observation = Observation(RequestMetrics(registry), tracer)
    pool = ConnectionPool(database_url, on_statement=observation.statement_executed)
    items = load_items() if demo_items is None else demo_items
    sources = build_sources(settings.source_configs, items, observation.source_calls)
    data = DataSources(pool, sources)
    hub = Hub(data, settings.broadcast_address(database_url))
    presence, connections = PresenceTracker(hub), Connections()
    email_delay = timedelta(seconds=settings.email_delay_seconds)
    files = open_files(settings)
    links = FileLinks(settings.url, settings.file_link_key(), settings.fallback_file_link_key())
    upload_limits = UploadLimits(settings.file_bytes, timedelta(hours=settings.upload_hours))
    chat = Chat(pool, SystemClock(), hub, sources, files, email_delay, upload_limits)
    services = Services(chat, data, settings.url, links)
    worker = email_worker(settings, pool, chat.clock) if settings.email_worker else None
    background = BackgroundParts(
        {
            "hub": hub.run,
            "presence": presence.run,
            "pruning": partial(prune_periodically, pool, chat.clock),
            "activations": partial(apply_activations_periodically, chat),
            "audit_pruning": partial(prune_audit_periodically, chat, timedelta(days=settings.audit_days)),
            "file_sweep": partial(sweep_files_periodically, chat),
            "expiry": partial(expire_periodically, chat),
            "indexing": partial(index_periodically, chat),
            **({"emails": worker.run} if worker is not None else {}),
            **database_parts,
        }
    )

    def graphiql(request: Request) -> Response:
        return page(request, DEMO_PATH if settings.is_demo else None)

    directory = DirectoryThread(database_url, services, observation.statement_executed)
    operations = Operations(schema, OperationLimits.of(settings), directory, _document_policy(settings))
    rates = rate_limiter(settings.broadcast_url)
    endpoint = GraphQLEndpoint(
        operations,
        services,
        hub,
        presence,
        connections,
        settings,
        ClientRates.of(settings, rates),
        SignIn(settings),
        graphiql if settings.graphiql else None,
    )
    origins = [Middleware(OriginPolicy, allowed_origins=settings.allowed_origins, expose_headers=EXPOSED_HEADERS)]

    outbox, loop_lag = OutboxMetrics(pool, chat.clock), LoopLag(registry)
    collectors: list[Collector] = [
        outbox,
        PoolState({"requests": pool, "directory": directory.pool}),
        ConnectionsState(connections, observation),
        HubState(hub),
        SourcesState(sources),
        BackgroundState(background),
        *([EmailState(worker)] if worker is not None else []),
    ]
    for collector in collectors:
        registry.register(collector)
    ProcessCollector(registry=registry)

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        async with AsyncExitStack() as closing:
            closing.push_async_callback(asyncio.to_thread, tracer.shut_down)
            await closing.enter_async_context(pool.opened())
            await closing.enter_async_context(directory.started())
            await closing.enter_async_context(loop_lag.measured())
            closing.push_async_callback(rates.aclose)
            closing.push_async_callback(sources.aclose)
            await closing.enter_async_context(background.started())
            _tune_garbage_collection()
            yield

    app = ObservedStarlette(
        observation,
        TrustedProxies(settings.trusted_proxies),
        routes=[
            *([Route("/", _redirect_to_graphiql), assets_mount()] if settings.graphiql else []),
            *(demo_sign_in_routes(settings, pool) if settings.is_demo else []),
            *_unsubscribe_routes(settings, pool),
            *file_routes(chat, files, links, settings),
            *health_routes(pool, head_revision(), hub, background, connections),
            metrics_route(registry, outbox.refresh, settings.metrics_bearer_token),
            Route("/graphql", endpoint, middleware=origins),
            WebSocketRoute("/graphql", endpoint, middleware=origins),
        ],
        middleware=[Middleware(SecurityHeaders)],
        lifespan=lifespan,
    )
    app.state.services = services
    app.state.pool = pool
    app.state.pools = [pool, directory.pool]
    app.state.hub = hub
    app.state.connections = connections
    return app


def _unsubscribe_routes(settings: Settings, pool: ConnectionPool) -> list[Route]:
    """Returns no route if no key signs the links: then there are no e-mails with links either."""
    keys = [key for key in (settings.link_key(), settings.fallback_link_key()) if key is not None]
    return unsubscribe_routes(keys, EmailUnsubscriber(pool)) if keys else []


def _tune_garbage_collection() -> None:
    """Excludes the objects that exist now from garbage collections, which stop all requests while they traverse
    objects, and makes collections less frequent."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(ALLOCATIONS_PER_COLLECTION)


def _document_policy(settings: Settings) -> DocumentPolicy:
    """Raises Misconfigured if the trusted documents cannot be read."""
    trusted = read_trusted_documents(settings.documents) if settings.documents is not None else []
    return DocumentPolicy(trusted, settings.only_trusted_documents, settings.introspection)


async def _redirect_to_graphiql(_: Request) -> Response:
    return RedirectResponse("/graphql")
