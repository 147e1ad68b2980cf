"""The interface of tracing, and its implementation for processes that do not trace."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from server.observation.records import Record

NO_HEADERS: Mapping[str, str] = MappingProxyType({})


class Span(Protocol):
    @property
    def trace_id(self) -> str | None:
        """The id of the trace in the log. None if the span is not recorded."""

    def name_operation(self, record: "Record") -> None:
        """Called when the operation of the request is known."""

    def add_statement(self, text: str, seconds: float) -> None:
        """Adds a SQL statement that has just ended as a child."""

    def start_call(self, kind: str) -> "CallSpan":
        """Starts a child for the call of a source module."""

    def end(self, record: "Record") -> None: ...


class CallSpan(Protocol):
    @property
    def headers(self) -> Mapping[str, str]:
        """The headers that make the called server's spans children of this one."""

    def end(self, outcome: str, *, failed: bool) -> None: ...


class Tracer(Protocol):
    def start(self, headers: Mapping[str, str]) -> Span:
        """Starts the span of an operation. The headers of its request may name a parent."""

    def shut_down(self) -> None:
        """Exports the spans that have ended. May take seconds."""


class NoSpan:
    trace_id: str | None = None
    headers = NO_HEADERS

    def name_operation(self, record: "Record") -> None: ...

    def add_statement(self, text: str, seconds: float) -> None: ...

    def start_call(self, kind: str) -> "NoCallSpan":
        return NO_CALL_SPAN

    def end(self, record: "Record") -> None: ...


class NoCallSpan:
    headers = NO_HEADERS

    def end(self, outcome: str, *, failed: bool) -> None: ...


class NoTracer:
    def start(self, headers: Mapping[str, str]) -> Span:
        return NO_SPAN

    def shut_down(self) -> None: ...


NO_CALL_SPAN = NoCallSpan()
NO_SPAN: Span = NoSpan()
