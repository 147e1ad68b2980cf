"""The GraphQL endpoint: HTTP, server-sent events and graphql-transport-ws under one URL, and GraphiQL for browsers."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property, partial

import orjson
from graphql import OperationType
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from chat.errors import DenialCode, Denied
from chat.identity import Identity
from live.hub import Hub
from live.presence import PresenceTracker
from schema.context import Services
from server.http.admission import SocketLimits, UnauthenticatedSockets
from server.http.connections import Connections
from server.http.documents import Operation
from server.http.errors import request_error
from server.http.event_streams import EventStreamResponse
from server.http.media_types import EVENT_STREAM, HTML, Accept
from server.http.operations import Deliver, Operations, RequestFailed, Result
from server.http.requests import Refusal, read_request
from server.http.sockets import Socket, SocketServices
from server.identity.sign_in import SignIn
from server.observation.records import Transport, observe_graphql
from subscriptions.context import StreamContext

Page = Callable[[Request], Response]


@dataclass(frozen=True)
class GraphQLEndpoint:
    """An ASGI application. Statuses and media types are those of GraphQL over HTTP
    (https://graphql.github.io/graphql-over-http/draft/)."""

    operations: Operations
    services: Services
    hub: Hub
    presence: PresenceTracker
    connections: Connections
    limits: SocketLimits
    sign_in: SignIn
    page: Page

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            await Socket(self._socket_services, scope, receive, send).serve()
            return
        request = Request(scope)
        response = self.page(request) if _wants_page(request) else await self._respond(request, receive)
        await response(scope, receive, send)

    @cached_property
    def _socket_services(self) -> SocketServices:
        return SocketServices(
            self.operations,
            self.connections,
            self.limits,
            UnauthenticatedSockets(self.limits),
            self.presence,
            self.services.chat.clock,
            self._identify,
            self._context,
        )

    async def _respond(self, request: Request, receive: Receive) -> ASGIApp:
        observe_graphql(Transport.HTTP)
        accept = Accept.of(request.headers.get("accept", ""))
        try:
            authentication = await self._identify(request.headers.get("authorization"))
            operation = await self.operations.find(await read_request(request, receive), authentication)
            _check_method(request.method, operation)
        except Refusal as refusal:
            return _refusal_response(refusal, accept)
        except RequestFailed as failed:
            return self._only_result(Result(None, failed.errors), accept)
        context = self._context(authentication)
        if accept.prefers_stream(operation.type):
            return EventStreamResponse(partial(self._run, operation, context), self.connections)
        if operation.type == OperationType.SUBSCRIPTION:
            message = f"Subscriptions need a WebSocket or `Accept: {EVENT_STREAM}`."
            return _refusal_response(Refusal(400, message), accept)
        return self._only_result(await self.operations.execute(operation, context), accept)

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
    return request.method == "GET" and "query" not in request.query_params and (HTML in accept or "*/*" in accept)


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


def _refusal_response(refusal: Refusal, accept: Accept) -> Response:
    error = request_error(refusal.message, DenialCode.BAD_USER_INPUT)
    headers = {"allow": "GET, POST"} if refusal.status == 405 else None
    return Response(orjson.dumps({"errors": [error]}), refusal.status, headers, accept.content_type)
