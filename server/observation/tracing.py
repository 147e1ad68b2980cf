"""Tracing as the environment configures it, by the variables of OpenTelemetry."""

import os

from server.observation.spans import NoTracer, Tracer

ENDPOINTS = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")


def tracer_of_environment() -> Tracer:
    """Returns a tracer that does nothing unless an endpoint is set: OpenTelemetry is then not even imported."""
    if _is_switched_off() or not any(os.environ.get(name) for name in ENDPOINTS):
        return NoTracer()
    from server.observation.otlp import OtlpTracer

    return OtlpTracer()


def _is_switched_off() -> bool:
    switches = (os.environ.get("OTEL_SDK_DISABLED", ""), os.environ.get("OTEL_TRACES_EXPORTER", ""))
    return switches[0].lower() == "true" or switches[1].lower() == "none"
