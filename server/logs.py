"""The log: one event per line, as JSON or for people to read, on standard error. Events of libraries, such as those of
the web server, have the same form.

structlog's default renders tracebacks with the values of all variables. They would put messages and tokens into the
log, and take 0.1 s of CPU time per error while an unreachable database causes thousands.
"""

import logging
import sys
from collections.abc import Callable, Mapping
from typing import Literal

import orjson
import structlog
from structlog.typing import EventDict, ExcInfo, WrappedLogger

from server.observation.records import current_record
from server.tracebacks import format_exception

LINE_BYTES = 8_000
"""The maximum length of a line. Longer values lose their beginning: a traceback ends with what matters most."""

REPEATED = ('%s - "WebSocket %s" [accepted]', '%s - "WebSocket %s" 403', '%s - "WebSocket %s" %d')
"""What uvicorn logs about sockets, with addresses and query strings. The server has a line of its own for them."""

UNHANDLED = "Exception in ASGI application\n"
"""What uvicorn logs after an exception, which `server.observation.requests` has logged with the request's id."""

LogFormat = Literal["json", "console"]
Render = Callable[[Mapping[str, object]], str]


def configure_logging(log_format: LogFormat | None = None) -> None:
    """By default, the format is JSON unless standard error is a terminal."""
    render = _render_for_people if (log_format or _default_format()) == "console" else encode_line
    structlog.configure(
        processors=[
            _add_request_id,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso"),
            structlog.processors.ExceptionRenderer(_format_exc_info),
            lambda _, __, event: render(event),
        ],
        logger_factory=structlog.WriteLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_LineFormatter(render))
    handler.addFilter(lambda record: record.msg not in (*REPEATED, UNHANDLED))
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
    logging.captureWarnings(capture=True)
    logging.getLogger("uvicorn").setLevel(logging.INFO)


def disable_logging() -> None:
    """Omits all log lines, for a command that prints its results itself."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))


class _LineFormatter(logging.Formatter):
    """Renders records of the standard library's loggers as structlog renders events."""

    def __init__(self, render: Render) -> None:
        super().__init__()
        self._render = render

    def format(self, record: logging.LogRecord) -> str:
        event: EventDict = {
            # asyncio adds lines that show tasks, with the texts of their exceptions.
            "event": record.getMessage().partition("\n")[0],
            "logger": record.name,
            "level": record.levelname.lower(),
            "timestamp": structlog.processors.TimeStamper(fmt="iso")(None, "", {})["timestamp"],
        }
        if record.exc_info and record.exc_info[0] is not None:
            event["exception"] = _format_exc_info(record.exc_info)
        return self._render(_add_request_id(None, "", event))


def encode_line(event: Mapping[str, object]) -> str:
    """Returns the event as JSON of at most LINE_BYTES. As long as it is longer, its longest value is halved."""
    return _encoded_line(event).decode()


def _encoded_line(event: Mapping[str, object]) -> bytes:
    line = _json(event)
    if len(line) > LINE_BYTES:
        texts = {name: value if isinstance(value, str) else _json(value).decode() for name, value in event.items()}
        while len(line) > LINE_BYTES:
            longest = max(texts, key=lambda name: len(_json(texts[name])))
            texts[longest] = "…" + texts[longest][len(texts[longest]) // 2 + 1 :]
            line = _json(texts)
    return line


_people = structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty(), pad_event_to=24)


def _render_for_people(event: Mapping[str, object]) -> str:
    shortened: dict[str, object] = orjson.loads(_encoded_line(event))
    return _people(None, "", {name: _printable(name, value) for name, value in shortened.items()})


def _printable(name: str, value: object) -> object:
    """Returns the value without characters that control a terminal or begin another line."""
    if not isinstance(value, str) or value.isprintable():
        return value
    allowed = "\n" if name == "exception" else ""
    return "".join(char if char.isprintable() or char in allowed else "�" for char in value)


def _default_format() -> LogFormat:
    return "console" if sys.stderr.isatty() else "json"


def _add_request_id(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    record = current_record()
    if record is not None:
        event["request_id"] = record.request_id
    return event


def _json(value: object) -> bytes:
    return orjson.dumps(value, default=str)


def _format_exc_info(exc_info: ExcInfo) -> str:
    return format_exception(exc_info[1])
