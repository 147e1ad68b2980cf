"""The GraphQL endpoint: HTTP, server-sent events and graphql-transport-ws under one URL, and GraphiQL for browsers."""

from collections.abc import AsyncIterator, Callable, Mapping
from datetime import timedelta
from functools import partial

from starlette.requests import Request
from starlette.responses import Response
from starlette.websockets import WebSocket
from strawberry.exceptions import ConnectionRejectionError
from strawberry.schema import BaseSchema
from strawberry.subscriptions import GRAPHQL_SSE_PROTOCOL, GRAPHQL_TRANSPORT_WS_PROTOCOL
from strawberry.types.unset import UNSET, UnsetType

from chat.errors import Denied
from chat.identity import Identity
from live.hub import Hub
from live.presence import PresenceTracker
from schema.context import Services
from server.http.connections import Connections
from server.http.event_streams import EventStream, EventStreamResponse
from server.http.graphql_over_http import GraphQLOverHTTP
from server.http.sockets import SocketAdapter, SocketHandler
from server.identity.sign_in import SignIn
from subscriptions.context import StreamContext

INIT_SECONDS = 5
NO_PAYLOAD: UnsetType = UNSET
"""Omits the payload of the acknowledgement: some clients refuse `payload: null`."""

Page = Callable[[Request], Response]


class GraphQLEndpoint(GraphQLOverHTTP):
    websocket_adapter_class = SocketAdapter  # type: ignore[assignment]  # the type in the base class is too wide
    stream_transport_classes_by_protocol = {GRAPHQL_SSE_PROTOCOL: EventStream}  # noqa: RUF012 (declared so in the base class)

    def __init__(
        self,
        schema: BaseSchema,
        services: Services,
        hub: Hub,
        presence: PresenceTracker,
        connections: Connections,
        sign_in: SignIn,
        page: Page,
    ) -> None:
        super().__init__(
            schema,
            graphql_ide="graphiql",
            subscription_protocols=(GRAPHQL_TRANSPORT_WS_PROTOCOL, GRAPHQL_SSE_PROTOCOL),
            connection_init_wait_timeout=timedelta(seconds=INIT_SECONDS),
            max_subscriptions_per_connection=None,  # SocketHandler limits them and answers with a code
        )
        self.graphql_transport_ws_handler_class = partial(SocketHandler, connections, presence)  # type: ignore[assignment]
        self._connections = connections
        self._services = services
        self._hub = hub
        self._sign_in = sign_in
        self._page = page

    async def create_streaming_response(
        self,
        request: Request | WebSocket,
        stream: Callable[[], AsyncIterator[str]],
        sub_response: Response,
        headers: Mapping[str, str],
    ) -> Response:
        return EventStreamResponse(stream(), headers, self._connections)

    async def render_graphql_ide(self, request: Request) -> Response:
        return self._page(request)

    async def get_context(self, request: Request | WebSocket, response: Response | WebSocket) -> StreamContext:
        """A socket is authenticated later, by connection_init: a token in its URL would end up in logs."""
        if isinstance(request, WebSocket):
            return StreamContext(self._services, None, self._hub)
        return StreamContext(self._services, await self._identity(request.headers.get("authorization")), self._hub)

    async def on_ws_connect(self, context: StreamContext) -> UnsetType:
        """Raises ConnectionRejectionError (close code 4403) for an invalid token. Without a token, a client can only
        introspect."""
        params = context.connection_params or {}
        authorization = params.get("authorization") or params.get("Authorization")
        if authorization is not None and not isinstance(authorization, str):
            raise ConnectionRejectionError
        signed_in = await self._identity(authorization)
        if isinstance(signed_in, Denied):
            raise ConnectionRejectionError
        context.authentication = signed_in
        return NO_PAYLOAD

    async def _identity(self, authorization: str | None) -> Identity | Denied | None:
        """Returns the denial of a bad token instead of raising it: the fields that need a viewer raise it."""
        try:
            return await self._sign_in.identify(authorization)
        except Denied as denied:
            return denied
