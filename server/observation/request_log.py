"""The log lines of finished requests, sockets and operations. The name of an operation is the
only text of a client in them, and they have no address."""

import structlog

from server.observation.records import Kind, Record

NOT_LOGGED = frozenset({"graphiql", "healthz", "metrics", "preflight", "readyz"})
"""What pages, browsers and probes request again and again."""

Fact = str | int | float | list[str] | None

log = structlog.get_logger("server.requests")


def log_end(record: Record) -> None:
    if record.kind is Kind.REQUEST and record.endpoint in NOT_LOGGED:
        return
    facts = _FACTS[record.kind](record)
    log.info(record.kind.value, **{name: fact for name, fact in facts.items() if fact not in (None, [])})


def _operation(record: Record) -> dict[str, Fact]:
    facts: dict[str, Fact] = {
        "transport": record.transport.value,
        "type": record.operation_type.value if record.operation_type is not None else None,
        "name": record.operation_name,
        **_identity(record),
        "ms": _milliseconds(record.seconds),
        "codes": record.codes,
        "cancelled": (record.was_cancelled and not record.is_subscription) or None,
        "status": record.status,
        "trace_id": record.span.trace_id,
    }
    if record.is_subscription:
        return facts | {"events": record.events}
    return facts | {"statements": record.statements, "statement_ms": _milliseconds(record.statement_seconds)}


def _socket(record: Record) -> dict[str, Fact]:
    return {
        **_identity(record),
        "seconds": round(record.seconds, 1),
        "operations": record.operations,
        "codes": record.codes,
        "status": record.status,
        "close_code": record.close_code,
    }


def _request(record: Record) -> dict[str, Fact]:
    return {
        "endpoint": record.endpoint,
        "ms": _milliseconds(record.seconds),
        "statements": record.statements,
        "statement_ms": _milliseconds(record.statement_seconds),
        "codes": record.codes,
        "status": record.status,
    }


def _identity(record: Record) -> dict[str, Fact]:
    return {"account_id": record.account_id, "agent_id": record.agent_id}


def _milliseconds(seconds: float) -> float:
    return round(seconds * 1000, 2)


_FACTS = {Kind.OPERATION: _operation, Kind.SOCKET: _socket, Kind.REQUEST: _request}
