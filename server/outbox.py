"""The command `internal-chat outbox`: shows what the outbox contains and queues failed e-mails again."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from rich.console import Console
from rich.table import Table

from notifications.outbox import OutboxEntry, read_outbox, retry_failed
from server.postgres.database import single_connection

HEADINGS = ("account", "entries", "state", "count", "oldest", "next attempt", "reason")


async def retry_all(database_url: str) -> int:
    """Queues all failed e-mails again and returns their number."""
    async with single_connection(database_url) as connection:
        return await retry_failed(connection, datetime.now(UTC))


async def print_outbox(database_url: str) -> None:
    async with single_connection(database_url) as connection:
        entries = await read_outbox(connection)
    if entries:
        Console().print(outbox_table(entries, datetime.now(UTC)))
    else:
        Console().print("The outbox is empty.")


def outbox_table(entries: Sequence[OutboxEntry], now: datetime) -> Table:
    """Returns one row for each account, state and reason. Times are relative to `now`."""
    table = Table(*HEADINGS, box=None, pad_edge=False)
    for entry in entries:
        table.add_row(
            entry.account_id,
            entry.kind,
            entry.state.lower(),
            f"{entry.amount:,}",
            f"{_span(now - entry.oldest)} ago",
            _next(entry.next_at, now),
            entry.reason or "",
        )
    return table


def _next(at: datetime | None, now: datetime) -> str:
    if at is None:
        return "never"
    return f"in {_span(at - now)}" if at > now else "now"


def _span(span: timedelta) -> str:
    """Returns the span in its largest unit: "5 min"."""
    seconds = max(0, int(span.total_seconds()))
    for size, unit in ((86_400, "d"), (3_600, "h"), (60, "min")):
        if seconds >= size:
            return f"{seconds // size} {unit}"
    return f"{seconds} s"
