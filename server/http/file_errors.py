"""The answers to requests for files that fail: JSON in the form of GraphQL errors."""

from collections.abc import Mapping

import orjson
import structlog
from starlette.responses import Response

from chat.errors import DenialCode, RefusalCode
from server.http.errors import request_error
from server.http.media_types import JSON

STORAGE_UNAVAILABLE = "STORAGE_UNAVAILABLE"
DATABASE_UNAVAILABLE = "DATABASE_UNAVAILABLE"
NOT_SATISFIABLE = "RANGE_NOT_SATISFIABLE"

log = structlog.get_logger(__name__)


def error_response(status: int, code: str, message: str, headers: Mapping[str, str] | None = None) -> Response:
    body = orjson.dumps({"errors": [request_error(message, code)]})
    return Response(body, status, {"cache-control": "no-store", **(headers or {})}, JSON)


def unknown_link() -> Response:
    """Returns the answer for every link that does not work, whether it was forged, has expired, or names something that
    is unknown or was deleted."""
    return error_response(404, RefusalCode.NOT_FOUND, "There is no such file, or the link has expired.")


def storage_unavailable() -> Response:
    message = "The storage of files does not answer. Try again later."
    return error_response(503, STORAGE_UNAVAILABLE, message, {"retry-after": "5"})


def database_unavailable(error: Exception) -> Response:
    """Returns the answer after one of `DATABASE_FAILURES`, which is logged."""
    log.error("database_failed", exc_info=error)
    message = "The database does not answer. Try again later."
    return error_response(503, DATABASE_UNAVAILABLE, message, {"retry-after": "5"})


def too_many_uploads() -> Response:
    message = "Too many requests send this upload, or uploads of this agent, at the same time. Try again later."
    return error_response(429, DenialCode.RATE_LIMITED, message, {"retry-after": "5"})


def unsatisfiable_range(size: int) -> Response:
    message = "The range contains no byte of the file."
    return error_response(416, NOT_SATISFIABLE, message, {"content-range": f"bytes */{size}"})


def method_not_allowed(allowed: str) -> Response:
    return error_response(405, DenialCode.BAD_USER_INPUT, f"This address needs {allowed}.", {"allow": allowed})
