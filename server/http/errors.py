"""Top-level errors as clients see them: each has a code, and an internal error has only an id to look up in the log."""

import asyncio
from collections.abc import Sequence
from uuid import uuid4

import structlog
from graphql import FieldNode, GraphQLError, GraphQLFormattedError, GraphQLSyntaxError

from chat.errors import DenialCode, Denied
from server.observation.records import noted

INVALID_DOCUMENT = "GRAPHQL_VALIDATION_FAILED"
INVALID_SYNTAX = "GRAPHQL_PARSE_FAILED"
UNKNOWN_DOCUMENT = "PERSISTED_QUERY_NOT_FOUND"
COST_EXCEEDED = "COST_EXCEEDED"
INTERNAL = "INTERNAL_SERVER_ERROR"
INCIDENT = "_internal_chat_incident"
"""The attribute of an exception that was logged, with its id in the log."""

log = structlog.get_logger(__name__)


def formatted(errors: Sequence[GraphQLError], request_code: str) -> list[GraphQLFormattedError]:
    """Returns the errors as they are sent. `request_code` is the code of those that concern the whole request."""
    return [noted(_formatted(error, request_code)) for error in errors]


def formatted_exception(error: Exception) -> list[GraphQLFormattedError]:
    """Returns the error of a stream that ended with an exception."""
    return [noted(_formatted(GraphQLError(str(error), original_error=error), INTERNAL))]


def request_error(message: str, code: str) -> GraphQLFormattedError:
    """Returns an error of a request that cannot be executed at all."""
    return noted({"message": message, "extensions": {"code": str(code)}})


def _formatted(error: GraphQLError, request_code: str) -> GraphQLFormattedError:
    original = error.original_error
    if "code" in (error.extensions or {}):
        return error.formatted
    if isinstance(original, Denied):
        return _coded(error, original.code, original.message)
    if isinstance(error, GraphQLSyntaxError):
        return _coded(error, INVALID_SYNTAX, error.message)
    if original is None and error.path is None:
        return _coded(error, request_code, error.message)
    if isinstance(original, GraphQLError):
        return _coded(error, DenialCode.BAD_USER_INPUT, original.message)
    return _masked(error)


def _masked(error: GraphQLError) -> GraphQLFormattedError:
    """Returns the error without the text of an unexpected exception, which goes to the log."""
    incident = _incident(error.original_error or error, _field_name(error))
    message = f"Internal server error. The server's log has the details under the id {incident}."
    masked = _coded(error, INTERNAL, message)
    masked["extensions"]["id"] = incident
    return masked


def _incident(cause: BaseException, field: str | None) -> str:
    """Returns the id of the exception in the log. A read that fails raises the same exception in every field and stream
    that needs its rows, and is logged once, with the first of these fields. The path of the error has the names that
    the client chose for the fields, and is not logged."""
    known: str | None = getattr(cause, INCIDENT, None)
    if known is not None:
        return known
    incident = uuid4().hex
    setattr(cause, INCIDENT, incident)
    if not isinstance(cause, asyncio.CancelledError):
        log.error("unexpected_error", incident=incident, field=field, exc_info=cause)
    return incident


def _field_name(error: GraphQLError) -> str | None:
    node = error.nodes[0] if error.nodes else None
    return node.name.value if isinstance(node, FieldNode) else None


def _coded(error: GraphQLError, code: str, message: str) -> GraphQLFormattedError:
    sent = error.formatted
    sent["message"] = message
    sent["extensions"] = {"code": str(code)}
    return sent
