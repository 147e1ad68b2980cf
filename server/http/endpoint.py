"""The GraphQL endpoint: HTTP, server-sent events and graphql-transport-ws under one URL, and GraphiQL for browsers."""

import math
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from functools import cached_property, partial

import orjson
from graphql import OperationType
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from chat.errors import DenialCode, Denied
from chat.identity import DirectoryToken, Identity
from live.hub import Hub
from live.presence import PresenceTracker
from schema.context import Services
from server.http.admission import SocketLimits, UnauthenticatedSockets, client_address
from server.http.connections import Connections
from server.http.documents import Operation
from server.http.event_streams import EventStreamResponse
from server.http.media_types import EVENT_STREAM, HTML, Accept
from server.http.operations import Deliver, Operations, RequestFailed, Result
from server.http.requests import Refusal, rate_exceeded, read_request
from server.http.sockets import Socket, SocketServices
from server.identity.sign_in import SignIn
from server.limits.rates import ClientRates, Grant
from server.limits.settings import LimitSettings
from server.limits.usage import TooMany, Usage
from server.observation.records import Transport, note_identity, observe_graphql
from subscriptions.context import StreamContext

Page = Callable[[Request], Response]

DOCUMENT_PARAMETERS = frozenset({"query", "documentId", "extensions"})
"""A URL with any of these contains a GraphQL request."""
EXPOSED_HEADERS = ("ratelimit", "ratelimit-policy", "retry-after")
"""What scripts of pages on allowed origins can read of a response, beside what every script can."""


@dataclass(frozen=True)
class GraphQLEndpoint:
    """An ASGI application. Statuses and media types are those of GraphQL over HTTP
    (https://graphql.github.io/graphql-over-http/draft/)."""

    operations: Operations
    services: Services
    hub: Hub
    presence: PresenceTracker
    connections: Connections
    limits: LimitSettings
    rates: ClientRates
    sign_in: SignIn
    page: Page | None
    """What browsers get that open the endpoint. None if it is switched off."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            await Socket(self._socket_services, scope, receive, send).serve()
            return
        request = Request(scope)
        page = self.page if _wants_page(request) else None
        if page is not None:
            await page(request)(scope, receive, send)
        else:
            await self._serve(request, receive, send)

    @cached_property
    def _socket_services(self) -> SocketServices:
        socket_limits = SocketLimits.of(self.limits)
        return SocketServices(
            self.operations,
            self.connections,
            socket_limits,
            UnauthenticatedSockets(socket_limits),
            self._usage,
            self.rates,
            self.presence,
            self.services.chat.clock,
            self._identify,
            self._context,
        )

    @cached_property
    def _usage(self) -> Usage:
        return Usage(self.limits)

    async def _serve(self, request: Request, receive: Receive, send: Send) -> None:
        """Answers a request. Its client is known and the limits of the client are checked before its body is read."""
        observe_graphql(Transport.HTTP)
        accept = Accept.of(request.headers.get("accept", ""))
        authentication = await self._identify(request.headers.get("authorization"))
        note_identity(authentication)
        grant = await self.rates.take(authentication, client_address(request.scope))
        with ExitStack() as admission:
            try:
                _check_rate(grant)
                admission.enter_context(self._usage.request(authentication))
                response = await self._respond(request, receive, accept, authentication, admission)
            except TooMany as too_many:
                response = _refusal_response(_too_many(too_many), accept)
            except Refusal as refusal:
                response = _refusal_response(refusal, accept)
            except RequestFailed as failed:
                response = self._only_result(Result(None, failed.errors), accept)
            await response(request.scope, receive, _with_rate(send, grant))

    async def _respond(
        self,
        request: Request,
        receive: Receive,
        accept: Accept,
        authentication: Identity | Denied | None,
        admission: ExitStack,
    ) -> ASGIApp:
        """Returns the response. Raises Refusal, RequestFailed, or TooMany if the agent has too many event streams.
        `admission` counts the request, or instead of it the event stream, until the response is sent."""
        operation = await self.operations.find(
            await read_request(request, receive, self._size_limit(authentication)), authentication
        )
        _check_method(request.method, operation)
        context = self._context(authentication)
        if accept.prefers_stream(operation.type):
            admission.close()
            admission.enter_context(self._usage.socket(authentication))
            return EventStreamResponse(partial(self._run, operation, context), self.connections)
        if operation.type == OperationType.SUBSCRIPTION:
            raise Refusal(400, f"Subscriptions need a WebSocket or `Accept: {EVENT_STREAM}`.")
        return self._only_result(await self.operations.execute(operation, context), accept)

    def _size_limit(self, authentication: Identity | Denied | None) -> int:
        if isinstance(authentication, DirectoryToken):
            return self.limits.directory_request_bytes
        return self.limits.request_bytes

    def _only_result(self, result: Result, accept: Accept) -> ASGIApp:
        """Returns the response to a request that has one result."""
        if not accept.only_streams:
            return _result_response(result, accept)

        async def run(deliver: Deliver) -> None:
            await deliver(result.encode())

        return EventStreamResponse(run, self.connections)

    async def _run(self, operation: Operation, context: StreamContext, deliver: Deliver) -> None:
        try:
            await self.operations.run(operation, context, deliver)
        except RequestFailed as failed:
            await deliver(Result(None, failed.errors).encode())

    def _context(self, authentication: Identity | Denied | None) -> StreamContext:
        return StreamContext(self.services, authentication, self.hub)

    async def _identify(self, authorization: str | None) -> Identity | Denied | None:
        """Returns the denial of a bad token instead of raising it: the fields that need a viewer raise it."""
        try:
            return await self.sign_in.identify(authorization)
        except Denied as denied:
            return denied


def _wants_page(request: Request) -> bool:
    accept = request.headers.get("accept", "")
    has_request = not DOCUMENT_PARAMETERS.isdisjoint(request.query_params.keys())
    return request.method == "GET" and not has_request and (HTML in accept or "*/*" in accept)


def _check_method(method: str, operation: Operation) -> None:
    """Raises Refusal for a mutation in a URL, which a link on another site could contain."""
    if method == "GET" and operation.type == OperationType.MUTATION:
        raise Refusal(405, "Mutations need POST.")


def _result_response(result: Result, accept: Accept) -> Response:
    """With `application/graphql-response+json`, a request that was not executed is answered with status 400 and without
    `data`."""
    if accept.graphql_response and not result.was_executed:
        return Response(orjson.dumps({"errors": result.errors}), 400, media_type=accept.content_type)
    return Response(result.encode(), media_type=accept.content_type)


def _check_rate(grant: Grant) -> None:
    """Raises Refusal if the client has started too many operations."""
    if not grant.allowed:
        raise rate_exceeded(grant)


def _too_many(too_many: TooMany) -> Refusal:
    return Refusal(429, f"{too_many} Try again when one has ended.", DenialCode.RATE_LIMITED, retry_after=1)


def _refusal_response(refusal: Refusal, accept: Accept) -> Response:
    headers: dict[str, str] = {}
    if refusal.status == 405:
        headers["allow"] = "GET, POST"
    if refusal.retry_after is not None:
        headers["retry-after"] = str(math.ceil(refusal.retry_after))
    return Response(orjson.dumps({"errors": [refusal.error]}), refusal.status, headers, accept.content_type)


def _with_rate(send: Send, grant: Grant) -> Send:
    """Returns a `send` that adds the headers of the client's rate to the response."""
    headers = [
        (b"ratelimit-policy", grant.rate.policy.encode()),
        (b"ratelimit", grant.state.encode()),
    ]

    async def send_with_headers(message: Message) -> None:
        if message["type"] == "http.response.start":
            message = {**message, "headers": [*message["headers"], *headers]}
        await send(message)

    return send_with_headers
