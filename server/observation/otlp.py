"""Tracing with OpenTelemetry, exported by OTLP over HTTP. Imported only if tracing is configured.

No attribute has a document, a variable, a token or an address. SQL statements have parameters instead of values.
"""

import time
from collections.abc import Mapping
from functools import cached_property

from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import SERVICE_NAME, Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import Span, SpanKind, Status, StatusCode, Tracer, format_trace_id, set_span_in_context
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from server.observation.records import Kind, Record
from server.observation.spans import NO_CALL_SPAN, CallSpan

DEFAULT_SERVICE = "internal-chat"
UNKNOWN_SERVICE = "unknown_service"
"""The beginning of OpenTelemetry's default for a service without a name."""

UNKNOWN_OPERATION = "GraphQL Operation"

_propagator = TraceContextTextMapPropagator()


class OtlpTracer:
    """Implements server.observation.spans.Tracer. The sampler and the exporter read their environment variables."""

    def __init__(self) -> None:
        self._provider = TracerProvider(resource=_resource())
        self._provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
        self._tracer = self._provider.get_tracer("internal-chat")

    def start(self, headers: Mapping[str, str]) -> "OperationSpan":
        parent = _propagator.extract(headers)
        return OperationSpan(self._tracer, self._tracer.start_span(UNKNOWN_OPERATION, parent, SpanKind.SERVER))

    def shut_down(self) -> None:
        self._provider.shutdown()


class OperationSpan:
    """Implements server.observation.spans.Span."""

    def __init__(self, tracer: Tracer, span: Span) -> None:
        self._tracer = tracer
        self._span = span

    @property
    def trace_id(self) -> str | None:
        return format_trace_id(self._span.get_span_context().trace_id) if self._span.is_recording() else None

    @cached_property
    def _context(self) -> Context:
        """The context whose new spans are children."""
        return set_span_in_context(self._span)

    def name_operation(self, record: Record) -> None:
        assert record.operation_type is not None
        self._span.update_name(record.operation_type.value)
        self._span.set_attribute("graphql.operation.type", record.operation_type.value)
        if record.operation_name is not None:
            self._span.set_attribute("graphql.operation.name", record.operation_name)

    def add_statement(self, text: str, seconds: float) -> None:
        if not self._span.is_recording():
            return
        ended_at = time.time_ns()
        name = text.split(None, 1)[0].upper()
        attributes = {"db.system.name": "postgresql", "db.query.text": text}
        began_at = ended_at - int(seconds * 1e9)
        span = self._tracer.start_span(name, self._context, SpanKind.CLIENT, attributes, start_time=began_at)
        span.end(ended_at)

    def start_call(self, kind: str) -> CallSpan:
        if not self._span.get_span_context().is_valid:
            return NO_CALL_SPAN
        attributes = {"chat.source.kind": kind}
        return SourceCallSpan(self._tracer.start_span("source module", self._context, SpanKind.CLIENT, attributes))

    def end(self, record: Record) -> None:
        """A request that is not a GraphQL request, such as that of the page of GraphiQL, is sent without a type."""
        if record.kind is Kind.OPERATION:
            self._span.set_attribute("chat.transport", record.transport.value)
            self._span.set_attribute("chat.request_id", record.request_id)
        if record.codes:
            self._span.set_attribute("error.type", record.codes[0])
            self._span.set_status(Status(StatusCode.ERROR))
        self._span.end()


class SourceCallSpan:
    """Implements server.observation.spans.CallSpan."""

    def __init__(self, span: Span) -> None:
        self._span = span

    @property
    def headers(self) -> Mapping[str, str]:
        carrier: dict[str, str] = {}
        _propagator.inject(carrier, set_span_in_context(self._span))
        return carrier

    def end(self, outcome: str, *, failed: bool) -> None:
        if failed:
            self._span.set_attribute("error.type", outcome)
            self._span.set_status(Status(StatusCode.ERROR))
        self._span.end()


def _resource() -> Resource:
    """Returns the resource that the environment describes."""
    resource = Resource.create()
    if str(resource.attributes[SERVICE_NAME]).startswith(UNKNOWN_SERVICE):
        resource = resource.merge(Resource({SERVICE_NAME: DEFAULT_SERVICE}))
    return resource
