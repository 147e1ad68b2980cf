"""The log: one line of JSON per event, including the traceback of an exception, on standard error.

structlog's default renders tracebacks with the values of all variables. They would put messages and tokens into the
log, and take 0.1 s of CPU time per error while an unreachable database causes thousands.
"""

import sys

import orjson
import structlog


def configure_logging() -> None:
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso"),
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(serializer=_to_json),
        ],
        logger_factory=structlog.WriteLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )


def _to_json(event: object, **_: object) -> str:
    return orjson.dumps(event, default=str).decode()
