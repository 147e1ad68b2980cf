"""GraphQL over HTTP where the stock view strays from the specification, or answers bad input with a crash.

https://graphql.github.io/graphql-over-http/draft/ is the source of the statuses and of the two media types.
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
"""A subscription needs a socket, or `Accept: text/event-stream`."""

BODY_BYTES = 4_000_000
"""Of a request; a directory of 5,000 agents with long names and pictures takes less than half of it."""

Member = TypeVar("Member")


class GraphQLOverHTTP(GraphQL[StreamContext, None]):
    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers whatever is no request at all with a coded error, too."""
        if scope["type"] != "http":
            await super().__call__(scope, receive, send)
            return
        request = Request(scope, _limited(receive))
        try:
            response = await self.run(request)
        except HTTPException as refusal:
            response = self._refused(request, refusal)
        await response(scope, receive, send)

    def decode_json(self, data: str | bytes) -> object:
        """Returns what is valid JSON, and raises json.JSONDecodeError for the rest: NaN, broken UTF-8, lone
        surrogates, a thousand brackets."""
        return orjson.loads(data)

    def encode_json(self, data: object) -> str:
        """Returns text: a socket hangs on bytes."""
        return orjson.dumps(data).decode()

    async def parse_http_body(self, request: AsyncHTTPRequestAdapter) -> GraphQLRequestData:
        sent = await self._sent(request)
        stream = self._get_stream_transport_from_headers(request.headers)
        return GraphQLRequestData(
            query=_member(sent, "query", str),
            variables=_member(sent, "variables", dict),
            operation_name=_member(sent, "operationName", str),
            extensions=_member(sent, "extensions", dict),
            protocol=stream.protocol if stream is not None else "http",
        )

    async def _sent(self, request: AsyncHTTPRequestAdapter) -> Mapping[str, object]:
        if request.method == "GET":
            return self.parse_query_params(request.query_params)
        media_type, _ = parse_content_type(request.content_type or "")
        if media_type.lower() != JSON:
            # A form of a foreign page can be sent without asking; this type cannot.
            raise HTTPException(415, f"The request's content type must be {JSON}.")
        sent = self.parse_json(await request.get_body())
        if not isinstance(sent, dict):
            raise HTTPException(400, "A request is a JSON object.")
        return sent

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
            raise HTTPException(400, "The document has no such operation.") from None
        except InvalidOperationTypeError as refusal:
            if refusal.operation_type is OperationType.SUBSCRIPTION:
                raise HTTPException(400, "Subscriptions need a socket, or `Accept: text/event-stream`.") from None
            raise HTTPException(405, "Mutations need POST.") from None

    async def get_sub_response(self, request: Request | WebSocket) -> Response:
        """Returns the response in the making, with the media type that was asked for."""
        answer = await super().get_sub_response(request)
        answer.media_type = _media_type(request.headers.get("accept", ""))
        request.state.answer = answer
        return answer

    async def process_result(self, request: Request, result: ExecutionResult) -> GraphQLHTTPResponse:
        """Nothing was executed for a document that does not parse or hold, or variables that do not fit: the newer
        media type says so with its status, and without `data`."""
        response = await super().process_result(request, result)
        answer: Response = request.state.answer
        if answer.media_type == GRAPHQL_RESPONSE_TEXT and result.data is None and _is_about_the_request(result):
            answer.status_code = 400
            del response["data"]
        return response

    def create_response(
        self, response_data: GraphQLHTTPResponse | list[GraphQLHTTPResponse], sub_response: Response
    ) -> Response:
        status = sub_response.status_code or 200
        return Response(self.encode_json(response_data), status, media_type=sub_response.media_type)

    def _refused(self, request: Request, refusal: HTTPException) -> Response:
        error = {"message": refusal.reason, "extensions": {"code": DenialCode.BAD_USER_INPUT}}
        return Response(
            self.encode_json({"errors": [error]}),
            refusal.status_code,
            headers={"allow": ", ".join(ALLOWED)} if refusal.status_code == 405 else None,
            media_type=_media_type(request.headers.get("accept", "")),
        )


def _limited(receive: Receive) -> Receive:
    """Returns the same request, refused once it turns out to be longer than BODY_BYTES."""
    received = 0

    async def limited() -> Message:
        nonlocal received
        message = await receive()
        received += len(message.get("body", b""))
        if received > BODY_BYTES:
            raise HTTPException(413, f"A request may have {BODY_BYTES:,} bytes.")
        return message

    return limited


def _member(sent: Mapping[str, object], name: str, kind: type[Member]) -> Member | None:
    value = sent.get(name)
    if value is not None and not isinstance(value, kind):
        noun = "a string" if kind is str else "an object"
        raise HTTPException(400, f"The request's `{name}` must be {noun}.")
    return value


def _media_type(accept: str) -> str:
    """Returns the newer type only to those who ask for it; everybody else reads JSON."""
    asked = [parse_content_type(each)[0].lower() for each in accept.split(",")]
    return GRAPHQL_RESPONSE_TEXT if GRAPHQL_RESPONSE in asked else JSON


def _is_about_the_request(result: ExecutionResult) -> bool:
    return all(error.path is None for error in result.errors or ())
