"""The log: one line of JSON per event, including the traceback of an exception, on standard error. Events of libraries,
such as those of the web server, have the same form.

structlog's default renders tracebacks with the values of all variables. They would put messages and tokens into the
log, and take 0.1 s of CPU time per error while an unreachable database causes thousands.
"""

import logging
import sys
import traceback
from collections.abc import Mapping

import orjson
import structlog
from structlog.typing import EventDict, ExcInfo, WrappedLogger

LINE_BYTES = 8_000
"""The maximum length of a line. Longer values lose their beginning: a traceback ends with what matters most."""

FRAMES = 30
"""How many calls of a traceback are logged: those closest to where the exception was raised."""


def configure_logging() -> None:
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso"),
            structlog.processors.ExceptionRenderer(_format_exception),
            _to_line,
        ],
        logger_factory=structlog.WriteLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_LineFormatter())
    handler.addFilter(_remove_query_strings)
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
    logging.getLogger("uvicorn").setLevel(logging.INFO)


def disable_logging() -> None:
    """Omits all log lines, for a command that prints its results itself."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))


class _LineFormatter(logging.Formatter):
    """Renders records of the standard library's loggers as structlog renders events."""

    def format(self, record: logging.LogRecord) -> str:
        event: dict[str, object] = {
            "event": record.getMessage(),
            "logger": record.name,
            "level": record.levelname.lower(),
            "timestamp": structlog.processors.TimeStamper(fmt="iso")(None, "", {})["timestamp"],
        }
        if record.exc_info and record.exc_info[0] is not None:
            event["exception"] = _format_exception(record.exc_info)
        return encode_line(event)


def encode_line(event: Mapping[str, object]) -> str:
    """Returns the event as JSON of at most LINE_BYTES. As long as it is longer, its longest value is halved."""
    line = orjson.dumps(event, default=str)
    if len(line) > LINE_BYTES:
        texts = {name: value if isinstance(value, str) else _json(value).decode() for name, value in event.items()}
        while len(line) > LINE_BYTES:
            longest = max(texts, key=lambda name: len(_json(texts[name])))
            texts[longest] = "…" + texts[longest][len(texts[longest]) // 2 + 1 :]
            line = _json(texts)
    return line.decode()


def _to_line(_: WrappedLogger, __: str, event: EventDict) -> str:
    return encode_line(event)


def _json(value: object) -> bytes:
    return orjson.dumps(value, default=str)


def _format_exception(exc_info: ExcInfo) -> str:
    return "".join(traceback.format_exception(exc_info[1], limit=-FRAMES)).rstrip()


def _remove_query_strings(record: logging.LogRecord) -> bool:
    """Removes the query strings of the URLs that uvicorn logs when a socket is opened: they may contain tokens."""
    if record.name.startswith("uvicorn") and isinstance(record.args, tuple):
        record.args = tuple(_path(argument) for argument in record.args)
    return True


def _path(argument: object) -> object:
    return argument.partition("?")[0] if isinstance(argument, str) and argument.startswith("/") else argument
