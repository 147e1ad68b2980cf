"""What the process that uses source modules can observe of their calls. By default, nobody observes them."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from enum import StrEnum
from types import MappingProxyType
from typing import Protocol

from models.enums import ItemKind

NO_HEADERS: Mapping[str, str] = MappingProxyType({})


class CallOutcome(StrEnum):
    ANSWERED = "answered"
    FAILED = "failed"
    TIMED_OUT = "timed_out"
    NO_SLOT = "no_slot"
    """All connections to the module were in use until the timeout."""

    NOT_CALLED = "not_called"
    """The breaker is open."""

    CANCELLED = "cancelled"
    """The request that needed the answer has ended."""


class ObservedCall(Protocol):
    @property
    def headers(self) -> Mapping[str, str]:
        """Headers to send with the call, such as those of a trace."""

    def end(self, outcome: CallOutcome) -> None: ...


class CallObserver(Protocol):
    def start(self, kind: ItemKind) -> ObservedCall: ...


class Unobserved:
    """Implements CallObserver and ObservedCall."""

    headers = NO_HEADERS

    def start(self, kind: ItemKind) -> "Unobserved":
        return self

    def end(self, outcome: CallOutcome) -> None: ...


_headers: ContextVar[Mapping[str, str]] = ContextVar("headers", default=NO_HEADERS)


def headers_of_call() -> Mapping[str, str]:
    """Returns the headers of the call that is made in this context."""
    return _headers.get()


@contextmanager
def sending(headers: Mapping[str, str]) -> Iterator[None]:
    """Sends these headers with the calls that are made in the block."""
    previous = _headers.set(headers)
    try:
        yield
    finally:
        _headers.reset(previous)
