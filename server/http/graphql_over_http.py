"""GraphQL over HTTP, where strawberry's view deviates from the specification or fails on malformed requests.

The statuses and the two media types are those of https://graphql.github.io/graphql-over-http/draft/.
"""

from collections.abc import Mapping
from typing import TypeVar

import orjson
from cross_web import AsyncHTTPRequestAdapter, HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Message, Receive, Scope, Send
from starlette.websockets import WebSocket
from strawberry.asgi import GraphQL
from strawberry.exceptions import MissingQueryError
from strawberry.http import GraphQLHTTPResponse, GraphQLRequestData
from strawberry.http.parse_content_type import parse_content_type
from strawberry.schema.exceptions import CannotGetOperationTypeError, InvalidOperationTypeError
from strawberry.types import ExecutionResult
from strawberry.types.graphql import OperationType

from chat.errors import DenialCode
from subscriptions.context import StreamContext

JSON = "application/json"
GRAPHQL_RESPONSE = "application/graphql-response+json"
GRAPHQL_RESPONSE_TEXT = f"{GRAPHQL_RESPONSE}; charset=utf-8"

ALLOWED = {"GET": {OperationType.QUERY}, "POST": {OperationType.QUERY, OperationType.MUTATION}}
"""Subscriptions need a WebSocket or `Accept: text/event-stream`."""

BODY_BYTES = 4_000_000
"""The maximum size of a request. A directory of 5,000 agents with long names and pictures takes less than half."""

Value = TypeVar("Value")


class GraphQLOverHTTP(GraphQL[StreamContext, None]):
    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers malformed requests with a coded error too."""
        if scope["type"] != "http":
            await super().__call__(scope, receive, send)
            return
        request = Request(scope, _with_size_limit(receive))
        try:
            response = await self.run(request)
        except HTTPException as refusal:
            response = self._error_response(request, refusal)
        await response(scope, receive, send)

    def decode_json(self, data: str | bytes) -> object:
        """Raises json.JSONDecodeError for everything that is not strict JSON: NaN, invalid UTF-8, lone surrogates, deep
        nesting."""
        return orjson.loads(data)

    def encode_json(self, data: object) -> str:
        """Returns text: strawberry's socket handler hangs on bytes."""
        return orjson.dumps(data).decode()

    async def parse_http_body(self, request: AsyncHTTPRequestAdapter) -> GraphQLRequestData:
        parameters = await self._parameters(request)
        stream = self._get_stream_transport_from_headers(request.headers)
        return GraphQLRequestData(
            query=_value(parameters, "query", str),
            variables=_value(parameters, "variables", dict),
            operation_name=_value(parameters, "operationName", str),
            extensions=_value(parameters, "extensions", dict),
            protocol=stream.protocol if stream is not None else "http",
        )

    async def _parameters(self, request: AsyncHTTPRequestAdapter) -> Mapping[str, object]:
        if request.method == "GET":
            return self.parse_query_params(request.query_params)
        media_type, _ = parse_content_type(request.content_type or "")
        if media_type.lower() != JSON:
            # Another site can submit a form without a CORS preflight, but not this content type.
            raise HTTPException(415, f"The request's content type must be {JSON}.")
        body = self.parse_json(await request.get_body())
        if not isinstance(body, dict):
            raise HTTPException(400, "The request must be a JSON object.")
        return body

    async def execute_single(
        self,
        request: Request,
        request_adapter: AsyncHTTPRequestAdapter,
        sub_response: Response,
        context: StreamContext,
        root_value: None,
        request_data: GraphQLRequestData,
    ) -> ExecutionResult:
        try:
            return await self.schema.execute(
                request_data.query,
                variable_values=request_data.variables,
                context_value=context,
                operation_name=request_data.operation_name,
                operation_extensions=request_data.extensions,
                allowed_operation_types=ALLOWED[request_adapter.method],
            )
        except MissingQueryError:
            raise HTTPException(400, "The request has no `query`.") from None
        except CannotGetOperationTypeError:
            raise HTTPException(400, "The document has no operation of that name.") from None
        except InvalidOperationTypeError as refusal:
            if refusal.operation_type is OperationType.SUBSCRIPTION:
                raise HTTPException(400, "Subscriptions need a WebSocket or `Accept: text/event-stream`.") from None
            raise HTTPException(405, "Mutations need POST.") from None

    async def get_sub_response(self, request: Request | WebSocket) -> Response:
        """Returns the preliminary response, with the media type that the client accepts."""
        response = await super().get_sub_response(request)
        response.media_type = _media_type(request.headers.get("accept", ""))
        request.state.response = response
        return response

    async def process_result(self, request: Request, result: ExecutionResult) -> GraphQLHTTPResponse:
        """With `application/graphql-response+json`, a request that was not executed (its document or its variables are
        invalid) is answered with status 400 and without `data`."""
        body = await super().process_result(request, result)
        response: Response = request.state.response
        if response.media_type == GRAPHQL_RESPONSE_TEXT and result.data is None and _has_only_request_errors(result):
            response.status_code = 400
            del body["data"]
        return body

    def create_response(
        self, response_data: GraphQLHTTPResponse | list[GraphQLHTTPResponse], sub_response: Response
    ) -> Response:
        status = sub_response.status_code or 200
        return Response(self.encode_json(response_data), status, media_type=sub_response.media_type)

    def _error_response(self, request: Request, refusal: HTTPException) -> Response:
        error = {"message": refusal.reason, "extensions": {"code": DenialCode.BAD_USER_INPUT}}
        return Response(
            self.encode_json({"errors": [error]}),
            refusal.status_code,
            headers={"allow": ", ".join(ALLOWED)} if refusal.status_code == 405 else None,
            media_type=_media_type(request.headers.get("accept", "")),
        )


def _with_size_limit(receive: Receive) -> Receive:
    """Returns a `receive` that raises HTTPException 413 once the body exceeds BODY_BYTES."""
    received = 0

    async def receive_limited() -> Message:
        nonlocal received
        message = await receive()
        received += len(message.get("body", b""))
        if received > BODY_BYTES:
            raise HTTPException(413, f"The request is larger than {BODY_BYTES:,} bytes.")
        return message

    return receive_limited


def _value(parameters: Mapping[str, object], name: str, kind: type[Value]) -> Value | None:
    value = parameters.get(name)
    if value is not None and not isinstance(value, kind):
        noun = "a string" if kind is str else "an object"
        raise HTTPException(400, f"The request's `{name}` must be {noun}.")
    return value


def _media_type(accept: str) -> str:
    """Returns `application/graphql-response+json` only if the client accepts it by name, otherwise JSON."""
    accepted = [parse_content_type(each)[0].lower() for each in accept.split(",")]
    return GRAPHQL_RESPONSE_TEXT if GRAPHQL_RESPONSE in accepted else JSON


def _has_only_request_errors(result: ExecutionResult) -> bool:
    return all(error.path is None for error in result.errors or ())
