"""What is known about the request, socket or operation that runs in the current context.

A record is set for the context of a request or operation, and tasks that it starts inherit it. So log lines, SQL
statements and calls of source modules find the record that they belong to.
"""

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

from graphql import GraphQLFormattedError, OperationType

from chat.errors import Denied
from chat.identity import AgentToken, Identity
from server.observation.spans import NO_SPAN, Span

NAME_LENGTH = 64
"""The maximum length of an operation's name in the log. It is a name of GraphQL: letters, digits and underscores."""

BACKGROUND = "background"
"""The origin of what no request needs by itself, such as the reads of the hub."""


class Kind(StrEnum):
    REQUEST = "request"
    """A request over HTTP that is not a GraphQL request, or one that has not turned out to be one yet."""

    SOCKET = "socket"
    OPERATION = "operation"


class Transport(StrEnum):
    HTTP = "http"
    EVENT_STREAM = "event_stream"
    SOCKET = "socket"


class Deliveries(Protocol):
    def add(self, transport: Transport, event: object, stream_began_at: float) -> None:
        """Counts an event that was handed to its connection."""


class Observer(Protocol):
    """What a record is reported to."""

    def begin(self, record: "Record", headers: Mapping[str, str]) -> None: ...

    def found_operation(self, record: "Record") -> None: ...

    @property
    def deliveries(self) -> Deliveries:
        """What counts the events of streams."""

    def end(self, record: "Record") -> None: ...


@dataclass(slots=True, eq=False)
class Record:
    request_id: str
    observer: Observer
    endpoint: str
    """One of `server.observation.requests.ENDPOINTS`, or `OTHER` or `PREFLIGHT`."""

    kind: Kind
    transport: Transport = Transport.HTTP
    began_at: float = field(default_factory=time.perf_counter)
    began_at_time: float = field(default_factory=time.time)
    operation_type: OperationType | None = None
    operation_name: str | None = None
    trusted_name: str | None = None
    """The name of an operation in a document that the operator trusts. Unlike other names, it can label a metric."""

    account_id: str | None = None
    agent_id: str | None = None
    codes: list[str] = field(default_factory=list)
    """The distinct codes of the errors that were sent, in the order of their first occurrence."""

    statements: int = 0
    """How many SQL statements were executed in this context: see docs/operating.md, "Logs"."""

    statement_seconds: float = 0.0
    events: int = 0
    """How many results of a subscription were sent."""

    operations: int = 0
    """How many operations ran on a socket."""

    status: int | None = None
    close_code: int | None = None
    was_cancelled: bool = False
    span: Span = NO_SPAN

    @property
    def seconds(self) -> float:
        return time.perf_counter() - self.began_at

    @property
    def is_subscription(self) -> bool:
        return self.operation_type is OperationType.SUBSCRIPTION

    @property
    def origin(self) -> str:
        """Why its statements are executed: the type of the operation, otherwise the endpoint."""
        return self.operation_type.value if self.operation_type is not None else self.endpoint

    def note_identity(self, authentication: Identity | Denied | None) -> None:
        if authentication is None or isinstance(authentication, Denied):
            return
        self.account_id = authentication.account_id
        self.agent_id = authentication.agent_id if isinstance(authentication, AgentToken) else None

    def note_operation(self, type: OperationType, name: str | None, trusted_name: str | None) -> None:
        self.operation_type = type
        self.operation_name = name[:NAME_LENGTH] if name is not None else None
        self.trusted_name = trusted_name
        self.observer.found_operation(self)

    def note_delivery(self, event: object) -> None:
        """Counts a result of a subscription that was handed to the connection."""
        self.events += 1
        self.observer.deliveries.add(self.transport, event, self.began_at_time)

    def note_code(self, code: str) -> None:
        if code not in self.codes:
            self.codes.append(code)


_current: ContextVar[Record | None] = ContextVar("record", default=None)


def current_record() -> Record | None:
    """Returns the record of the current context. Returns None in background parts, and in tests and benchmarks that use
    a part of the server without the application."""
    return _current.get()


def observe_graphql(transport: Transport) -> None:
    """Marks the current request as a GraphQL request whose results are sent in this way."""
    record = _current.get()
    if record is not None:
        record.kind, record.transport = Kind.OPERATION, transport


def note_identity(authentication: Identity | Denied | None) -> None:
    """Adds the account and the agent to the current record."""
    record = _current.get()
    if record is not None:
        record.note_identity(authentication)


def note_operation(type: OperationType, name: str | None, trusted_name: str | None) -> None:
    """Adds the operation to the current record. `trusted_name` is its name if the operator trusts its document."""
    record = _current.get()
    if record is not None:
        record.note_operation(type, name, trusted_name)


def noted(error: GraphQLFormattedError) -> GraphQLFormattedError:
    """Adds the code of an error that is sent to the current record, and returns the error."""
    record = _current.get()
    if record is not None:
        record.note_code(str(error["extensions"]["code"]))
    return error


@contextmanager
def observed(record: Record, headers: Mapping[str, str]) -> Iterator[None]:
    """Makes the record that of the context, and reports its begin and its end to its observer."""
    previous = _current.set(record)
    try:
        record.observer.begin(record, headers)
        try:
            yield
        except BaseException as error:
            record.was_cancelled = not isinstance(error, Exception)
            raise
        finally:
            record.observer.end(record)
    finally:
        _current.reset(previous)


@contextmanager
def observed_socket_operation(identity: Identity | None) -> Iterator[None]:
    """Observes an operation of the current socket. Its request id is that of the socket with a number."""
    socket = _current.get()
    if socket is None:
        yield
        return
    socket.operations += 1
    operation = Record(
        f"{socket.request_id}-{socket.operations}", socket.observer, socket.endpoint, Kind.OPERATION, Transport.SOCKET
    )
    operation.note_identity(identity)
    with observed(operation, {}):
        yield
