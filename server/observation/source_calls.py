"""The metrics and the traces of calls to source modules."""

import time
from collections.abc import Mapping

from prometheus_client import CollectorRegistry, Histogram

from models.enums import ItemKind
from server.observation.records import current_record
from server.observation.spans import NO_CALL_SPAN, CallSpan
from sources.observer import CallOutcome

SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)


class SourceCalls:
    """Implements sources.observer.CallObserver."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._seconds = Histogram(
            "chat_source_call_duration_seconds",
            "The time of calls to source modules, including the wait for one of the module's connections.",
            ["kind", "outcome"],
            buckets=SECONDS,
            registry=registry,
        )

    def start(self, kind: ItemKind) -> "_ObservedCall":
        """Starts observing a call. It is traced as a part of the query or mutation that runs in this context. Events of
        subscriptions share their calls, which are therefore not traced."""
        record = current_record()
        span = NO_CALL_SPAN if record is None or record.is_subscription else record.span.start_call(kind)
        return _ObservedCall(kind, self._seconds, span)


class _ObservedCall:
    """Implements sources.observer.ObservedCall."""

    def __init__(self, kind: ItemKind, seconds: Histogram, span: CallSpan) -> None:
        self._kind = kind
        self._seconds = seconds
        self._span = span
        self._began_at = time.perf_counter()

    @property
    def headers(self) -> Mapping[str, str]:
        return self._span.headers

    def end(self, outcome: CallOutcome) -> None:
        self._seconds.labels(self._kind.value, outcome.value).observe(time.perf_counter() - self._began_at)
        self._span.end(outcome.value, failed=outcome is not CallOutcome.ANSWERED)
