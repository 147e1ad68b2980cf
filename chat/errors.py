"""The two ways to be told no: refused (an expected answer of one operation) and denied (no operation at all)."""

from enum import StrEnum


class RefusalCode(StrEnum):
    """Why an operation did not happen; the mutation's `userErrors` carry it."""

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
    """Ends an operation before it writes anything. `path` names the input field at fault, outermost first."""

    def __init__(self, code: RefusalCode, message: str, *path: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.path = path


class DenialCode(StrEnum):
    """Why a request or a stream gets no answer; the top-level error's `extensions.code` carries it."""

    UNAUTHENTICATED = "UNAUTHENTICATED"
    MODULE_DISABLED = "MODULE_DISABLED"
    AGENT_INACTIVE = "AGENT_INACTIVE"
    FORBIDDEN = "FORBIDDEN"
    RESYNC_REQUIRED = "RESYNC_REQUIRED"
    ACCESS_LOST = "ACCESS_LOST"
    BAD_USER_INPUT = "BAD_USER_INPUT"
    RATE_LIMITED = "RATE_LIMITED"


class Denied(Exception):
    """The asker may not ask, or not this: raised before anything is read for them."""

    def __init__(self, code: DenialCode, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
