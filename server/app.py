"""The application: assembles the chat, its database, its background parts and its endpoints."""

import gc
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import timedelta
from functools import partial
from types import MappingProxyType

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
from server.background import BackgroundParts, Part
from server.clock import SystemClock
from server.demo.loading import load_items
from server.demo.sign_in import DEMO_PATH, demo_sign_in_routes
from server.directory_thread import DirectoryThread
from server.email import email_worker
from server.file_store import open_files
from server.file_sweep import sweep_files_periodically
from server.graphiql import assets_mount, page
from server.http.admission import SocketLimits
from server.http.connections import Connections
from server.http.documents import DocumentLimits, DocumentPolicy
from server.http.endpoint import GraphQLEndpoint
from server.http.file_routes import file_routes
from server.http.health import health_routes
from server.http.operations import Operations
from server.http.origins import OriginPolicy
from server.http.security_headers import SecurityHeaders
from server.http.trusted_documents import read_trusted_documents
from server.http.unsubscribe import unsubscribe_routes
from server.identity.sign_in import SignIn
from server.indexing import index_periodically
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
    pool = ConnectionPool(database_url)
    sources = build_sources(settings.source_configs, load_items() if demo_items is None else demo_items)
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
            "file_sweep": partial(sweep_files_periodically, chat),
            "indexing": partial(index_periodically, chat),
            **({"emails": worker.run} if worker is not None else {}),
            **database_parts,
        }
    )

    def graphiql(request: Request) -> Response:
        return page(request, DEMO_PATH if settings.is_demo else None)

    directory = DirectoryThread(database_url, services)
    operations = Operations(schema, *_document_limits(settings), directory, _document_policy(settings))
    limits, sign_in = SocketLimits.of(settings), SignIn(settings)
    browser_page = graphiql if settings.graphiql else None
    endpoint = GraphQLEndpoint(operations, services, hub, presence, connections, limits, sign_in, browser_page)
    origins = [Middleware(OriginPolicy, allowed_origins=settings.allowed_origins)]

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        async with pool.opened(), directory.started():
            async with background.started():
                _tune_garbage_collection()
                yield
            await sources.aclose()

    app = Starlette(
        routes=[
            *([Route("/", _redirect_to_graphiql), assets_mount()] if settings.graphiql else []),
            *(demo_sign_in_routes(settings, pool) if settings.is_demo else []),
            *_unsubscribe_routes(settings, pool),
            *file_routes(chat, files, links, settings),
            *health_routes(pool, head_revision(), hub, background, connections),
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


def _document_limits(settings: Settings) -> tuple[DocumentLimits, DocumentLimits]:
    """Returns the limits of signed-in and of anonymous requests."""
    return (
        DocumentLimits(settings.document_bytes, settings.document_tokens),
        DocumentLimits(settings.anonymous_document_bytes, settings.anonymous_document_tokens),
    )


def _document_policy(settings: Settings) -> DocumentPolicy:
    """Raises Misconfigured if the trusted documents cannot be read."""
    trusted = read_trusted_documents(settings.documents) if settings.documents is not None else []
    return DocumentPolicy(trusted, settings.only_trusted_documents, settings.introspection)


async def _redirect_to_graphiql(_: Request) -> Response:
    return RedirectResponse("/graphql")
