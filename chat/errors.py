"""The two kinds of expected failure.

Refused: one operation failed for a reason that the client can show; it becomes `userErrors` of the mutation.
Denied: the whole request, field or stream fails; it becomes a top-level error.
"""

from enum import StrEnum


class RefusalCode(StrEnum):
    """Why an operation failed: the `code` in the mutation's `userErrors`."""

    NOT_FOUND = "NOT_FOUND"
    FORBIDDEN = "FORBIDDEN"
    INVALID = "INVALID"
    CONFLICT = "CONFLICT"
    NOT_A_MEMBER = "NOT_A_MEMBER"
    READ_ONLY = "READ_ONLY"
    ARCHIVED = "ARCHIVED"
    LAST_OWNER = "LAST_OWNER"
    SHARE_DENIED = "SHARE_DENIED"
    SOURCE_UNAVAILABLE = "SOURCE_UNAVAILABLE"
    TOO_LARGE = "TOO_LARGE"
    UNSUPPORTED_TYPE = "UNSUPPORTED_TYPE"
    RATE_LIMITED = "RATE_LIMITED"


class Refused(Exception):
    """Ends an operation, which then writes nothing. `path` is the path of the invalid input field, outermost first."""

    def __init__(self, code: RefusalCode, message: str, *path: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.path = path


class DenialCode(StrEnum):
    """Why a request or stream was denied: `extensions.code` of the top-level error."""

    UNAUTHENTICATED = "UNAUTHENTICATED"
    MODULE_DISABLED = "MODULE_DISABLED"
    AGENT_INACTIVE = "AGENT_INACTIVE"
    FORBIDDEN = "FORBIDDEN"
    RESYNC_REQUIRED = "RESYNC_REQUIRED"
    ACCESS_LOST = "ACCESS_LOST"
    BAD_USER_INPUT = "BAD_USER_INPUT"
    RATE_LIMITED = "RATE_LIMITED"


class Denied(Exception):
    """Ends a request, a field or a stream before anything is read for the caller."""

    def __init__(self, code: DenialCode, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
