"""Reports what happens in this process to its log, its metrics and its traces."""

from collections.abc import Mapping

from server.observation.deliveries import Deliveries
from server.observation.records import BACKGROUND, Kind, Record, current_record
from server.observation.request_log import log_end
from server.observation.request_metrics import RequestMetrics
from server.observation.source_calls import SourceCalls
from server.observation.spans import Tracer


class Observation:
    """Implements server.observation.records.Observer."""

    def __init__(self, metrics: RequestMetrics, tracer: Tracer) -> None:
        self.in_flight: set[Record] = set()
        self.deliveries = Deliveries()
        self.source_calls = SourceCalls(metrics.registry)
        self._metrics = metrics
        self._tracer = tracer

    def begin(self, record: Record, headers: Mapping[str, str]) -> None:
        self.in_flight.add(record)
        if record.kind is not Kind.SOCKET and record.endpoint == "graphql":
            record.span = self._tracer.start(headers)

    def found_operation(self, record: Record) -> None:
        record.span.name_operation(record)

    def end(self, record: Record) -> None:
        self.in_flight.discard(record)
        self._metrics.count(record)
        log_end(record)
        record.span.end(record)

    def statement_executed(self, text: str, seconds: float) -> None:
        """Adds a SQL statement to the record of its context. The statements of a subscription are not traced: its
        events share them with other subscriptions."""
        record = current_record()
        if record is None:
            self._metrics.count_statement(BACKGROUND, seconds)
            return
        record.statements += 1
        record.statement_seconds += seconds
        self._metrics.count_statement(record.origin, seconds)
        if not record.is_subscription:
            record.span.add_statement(text, seconds)
