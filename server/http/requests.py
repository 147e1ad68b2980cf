"""Parsing GraphQL requests, which arrive in a body, in a URL or on a socket."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

import orjson
from graphql import GraphQLFormattedError
from starlette.requests import Request
from starlette.types import Receive

from chat.errors import DenialCode
from server.http.document_identifiers import HASH_PREFIX
from server.http.errors import request_error
from server.http.media_types import JSON
from server.limits.rates import Grant

BODY_SECONDS = 30.0
"""How long the body of a request may take to arrive."""

Value = TypeVar("Value")


@dataclass(frozen=True, slots=True)
class GraphQLRequest:
    """A request with the text of a document, the identifier of a persisted document, or both."""

    query: str | None
    variables: dict[str, Any] | None
    operation_name: str | None
    document_id: str | None = None
    shows_cost: bool = False
    """Whether the response shows the operation's cost: `"extensions": {"cost": true}` in the request."""


class Refusal(Exception):
    """A request that is not a GraphQL request, or one too many. `status` is that of its HTTP response. `retry_after`
    is the number of seconds after which the client may try again."""

    def __init__(
        self,
        status: int,
        message: str,
        code: DenialCode = DenialCode.BAD_USER_INPUT,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.code = code
        self.retry_after = retry_after

    @property
    def error(self) -> GraphQLFormattedError:
        """The only error of the response."""
        error = request_error(self.message, self.code)
        if self.retry_after is not None:
            error["extensions"]["retryAfter"] = round(self.retry_after, 3)
        return error


def rate_exceeded(grant: Grant) -> Refusal:
    """Returns the refusal of an operation that was not granted."""
    message = f"At most {grant.rate.per_second:g} operations per second are accepted."
    return Refusal(429, message, DenialCode.RATE_LIMITED, grant.retry_after)


async def read_request(request: Request, receive: Receive, size_limit: int) -> GraphQLRequest:
    """Returns the request in the body or the URL. Raises Refusal."""
    if request.method == "GET":
        return graphql_request(_url_parameters(request))
    if request.method == "POST":
        return graphql_request(await _body_parameters(request, receive, size_limit))
    raise Refusal(405, "GraphQL needs GET or POST.")


def graphql_request(parameters: object) -> GraphQLRequest:
    """Returns the request with these parameters. Raises Refusal for a missing or wrong parameter."""
    if not isinstance(parameters, Mapping):
        raise Refusal(400, "The request must be a JSON object.")
    query = _parameter(parameters, "query", str)
    document_id = _optional(parameters, "documentId", str) or _persisted_query(parameters)
    if document_id is not None:
        query = query or None
    elif query is None:
        raise Refusal(400, "The request has no `query`.")
    extensions: dict[str, object] = _optional(parameters, "extensions", dict) or {}
    return GraphQLRequest(
        query,
        _optional(parameters, "variables", dict),
        _optional(parameters, "operationName", str),
        document_id,
        shows_cost=extensions.get("cost") is True,
    )


def _persisted_query(parameters: Mapping[str, object]) -> str | None:
    """Returns the identifier of the document whose hash is in `extensions.persistedQuery`, as Apollo Client and urql
    send it."""
    extensions: dict[str, object] = _optional(parameters, "extensions", dict) or {}
    match extensions.get("persistedQuery"):
        case None:
            return None
        case {"version": 1, "sha256Hash": str(hash)}:
            return HASH_PREFIX + hash.lower()
        case _:
            raise Refusal(400, "The request's `extensions.persistedQuery` needs `version` 1 and a `sha256Hash`.")


def parse_json(data: bytes | str) -> object:
    """Returns the parsed value. Raises Refusal for everything that is not strict JSON: NaN, invalid UTF-8, lone
    surrogates, deep nesting."""
    try:
        return orjson.loads(data)
    except orjson.JSONDecodeError:
        raise Refusal(400, "The request is not valid JSON.") from None


def _url_parameters(request: Request) -> Mapping[str, object]:
    parameters: dict[str, object] = dict(request.query_params)
    for name in ("variables", "extensions"):
        if text := request.query_params.get(name):
            parameters[name] = parse_json(text)
    return parameters


async def _body_parameters(request: Request, receive: Receive, size_limit: int) -> object:
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type != JSON:
        # Another site can submit a form without a CORS preflight, but not this content type.
        raise Refusal(415, f"The request's content type must be {JSON}.")
    length = request.headers.get("content-length", "")
    if length.isdecimal() and int(length[:20]) > size_limit:
        raise _too_large(size_limit)
    try:
        async with asyncio.timeout(BODY_SECONDS):
            body = await _body(receive, size_limit)
    except TimeoutError:
        raise Refusal(408, f"The request did not arrive within {BODY_SECONDS:.0f} seconds.") from None
    return parse_json(body)


async def _body(receive: Receive, size_limit: int) -> bytes:
    """Raises Refusal 413 once the body is too large."""
    chunks: list[bytes] = []
    size = 0
    more = True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise Refusal(400, "The client disconnected before the end of the request.")
        chunks.append(message.get("body", b""))
        size += len(chunks[-1])
        if size > size_limit:
            raise _too_large(size_limit)
        more = message.get("more_body", False)
    return b"".join(chunks)


def _too_large(size_limit: int) -> Refusal:
    return Refusal(413, f"The request is larger than {size_limit:,} bytes.")


def _optional(parameters: Mapping[str, object], name: str, kind: type[Value]) -> Value | None:
    """Returns None for an empty string: many clients and forms send one for a parameter that is not used."""
    return None if parameters.get(name) == "" else _parameter(parameters, name, kind)


def _parameter(parameters: Mapping[str, object], name: str, kind: type[Value]) -> Value | None:
    value = parameters.get(name)
    if value is not None and not isinstance(value, kind):
        noun = "a string" if kind is str else "an object"
        raise Refusal(400, f"The request's `{name}` must be {noun}.")
    return value
