"""The log: a line of JSON for each event, an exception's traceback included, on standard error.

structlog's own default draws tracebacks with the values of all variables: what people wrote and their tokens would be
in the log, and a tenth of a second of the process gone for each error, when a database that is away makes thousands.
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
            structlog.processors.JSONRenderer(serializer=_dumped),
        ],
        logger_factory=structlog.WriteLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )


def _dumped(event: object, **_: object) -> str:
    return orjson.dumps(event, default=str).decode()
