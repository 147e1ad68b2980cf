"""The metrics of requests, operations and SQL statements. Every label has a closed set of values: none is a text of a
client, an agent or an account."""

from graphql import OperationType
from prometheus_client import CollectorRegistry, Counter, Histogram, disable_created_metrics

from server.observation.records import Kind, Record

OK = "OK"
CANCELLED = "CANCELLED"
"""The client disconnected, or ended the operation, before its result."""

NO_TYPE = "none"
"""The type of a request whose operation was not found: the request or its document is invalid."""

SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
STATEMENTS = (0, 1, 2, 3, 5, 8, 13, 21, 34, 55)

# Without this, each counter and histogram has a second metric with the time at which it was created.
disable_created_metrics()  # type: ignore[no-untyped-call]


class RequestMetrics:
    def __init__(self, registry: CollectorRegistry) -> None:
        self.registry = registry
        self._operations = Counter(
            "chat_operations",
            "Finished operations. The outcome is OK, CANCELLED, or the code of the first error.",
            ["type", "transport", "outcome", "operation"],
            registry=registry,
        )
        self._seconds = Histogram(
            "chat_operation_duration_seconds",
            "The time from the request to the result of queries and mutations.",
            ["type", "operation"],
            buckets=SECONDS,
            registry=registry,
        )
        self._statements = Histogram(
            "chat_operation_statements",
            "The number of SQL statements of queries and mutations.",
            ["type", "operation"],
            buckets=STATEMENTS,
            registry=registry,
        )
        self._statement_seconds = Histogram(
            "chat_statement_duration_seconds",
            "The time of SQL statements, by what they were executed for.",
            ["origin"],
            buckets=SECONDS,
            registry=registry,
        )
        self._requests = Counter(
            "chat_requests", "Answered requests that are not operations.", ["endpoint", "status"], registry=registry
        )

    def count(self, record: Record) -> None:
        if record.kind is Kind.OPERATION:
            self._count_operation(record)
        elif record.kind is Kind.REQUEST:
            self._requests.labels(record.endpoint, record.status or CANCELLED).inc()

    def count_statement(self, origin: str, seconds: float) -> None:
        self._statement_seconds.labels(origin).observe(seconds)

    def _count_operation(self, record: Record) -> None:
        type = record.operation_type.value if record.operation_type is not None else NO_TYPE
        name = record.trusted_name or ""
        self._operations.labels(type, record.transport.value, _outcome(record), name).inc()
        if record.operation_type in (OperationType.QUERY, OperationType.MUTATION):
            self._seconds.labels(type, name).observe(record.seconds)
            self._statements.labels(type, name).observe(record.statements)


def _outcome(record: Record) -> str:
    if record.codes:
        return record.codes[0]
    if record.was_cancelled and not record.is_subscription:
        return CANCELLED
    return OK
