"""Top-level errors as clients see them: each has a code, and an internal error has only an id to look up in the log."""

import asyncio
from uuid import uuid4

import structlog
from graphql import GraphQLError, GraphQLSyntaxError
from strawberry.exceptions import MissingQueryError
from strawberry.extensions import MaskErrors
from strawberry.schema.exceptions import CannotGetOperationTypeError, InvalidOperationTypeError
from strawberry.types.execution import PreExecutionError

from chat.errors import DenialCode, Denied

NO_OPERATION = (MissingQueryError, CannotGetOperationTypeError, InvalidOperationTypeError)
"""No query, no operation of the given name, or one of a type that this transport does not run."""

log = structlog.get_logger(__name__)


class CodedErrors(MaskErrors):
    """Gives every error of requests and streams its code."""

    def __init__(self) -> None:
        super().__init__(should_mask_error=lambda error: "code" not in (error.extensions or {}))

    def anonymise_error(self, error: GraphQLError) -> GraphQLError:
        """Returns the error with its code. The text of an unexpected error goes to the log instead of the client."""
        original = error.original_error
        if isinstance(original, Denied):
            return _coded(error, original.code, original.message)
        if isinstance(error, GraphQLSyntaxError):
            return _coded(error, "GRAPHQL_PARSE_FAILED", error.message)
        if isinstance(original, NO_OPERATION):
            return _coded(error, DenialCode.BAD_USER_INPUT, "The request has no operation that can be run here.")
        if original is None and error.path is None:
            return _coded(error, self._code_before_execution(), error.message)
        if isinstance(original, GraphQLError):
            return _coded(error, DenialCode.BAD_USER_INPUT, original.message)
        return _masked(error)

    def _code_before_execution(self) -> str:
        """Validation errors occur before there is a result, invalid variables when execution begins."""
        if isinstance(self.execution_context.result, PreExecutionError):
            return "GRAPHQL_VALIDATION_FAILED"
        return DenialCode.BAD_USER_INPUT


def _masked(error: GraphQLError) -> GraphQLError:
    incident = uuid4().hex
    cause = error.original_error or error
    if not isinstance(cause, asyncio.CancelledError):
        log.error("unexpected_error", incident=incident, path=error.path, exc_info=cause)
    message = f"Internal server error. The server's log has the details under the id {incident}."
    return _coded(error, "INTERNAL_SERVER_ERROR", message, incident)


def _coded(error: GraphQLError, code: str, message: str, incident: str | None = None) -> GraphQLError:
    extensions = {"code": str(code)} | ({"id": incident} if incident else {})
    return GraphQLError(
        message,
        nodes=error.nodes,
        source=error.source,
        positions=error.positions,
        path=error.path,
        extensions=extensions,
    )
