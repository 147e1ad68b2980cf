"""The depth of the outbox as metrics. It is the same for all processes on one database."""

import asyncio
import time
from collections.abc import Iterator

from prometheus_client import Metric
from prometheus_client.core import GaugeMetricFamily

from chat.ports import Clock
from loaders.batches import DATABASE_FAILURES
from models.database import Database
from notifications.depth import OutboxDepth, read_depth

KEPT_SECONDS = 10.0
"""How long a depth is reported before it is read again."""

READ_SECONDS = 2.0


class OutboxMetrics:
    """A collector of prometheus_client. `refresh` must be called before it collects."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._depth: OutboxDepth | None = None
        self._read_at = float("-inf")
        self._reading = asyncio.Lock()

    async def refresh(self) -> None:
        """Reads the depth if it is too old. Reports nothing while the database does not answer."""
        async with self._reading:
            if time.monotonic() - self._read_at < KEPT_SECONDS:
                return
            try:
                async with asyncio.timeout(READ_SECONDS):
                    self._depth = await read_depth(self._database, self._clock.now())
            except DATABASE_FAILURES:
                self._depth = None
            self._read_at = time.monotonic()

    def collect(self) -> Iterator[Metric]:
        entries = GaugeMetricFamily(
            "chat_outbox_entries", "Entries of the outbox, at most 1,000 of each account.", labels=["kind", "state"]
        )
        oldest = GaugeMetricFamily("chat_outbox_oldest_due_seconds", "For how long the oldest due entry has been due.")
        depth = self._depth
        if depth is not None:
            entries.add_metric(["notification", "due"], depth.due_notifications)
            entries.add_metric(["notification", "waiting"], depth.waiting_notifications)
            entries.add_metric(["email", "due"], depth.due_emails)
            entries.add_metric(["email", "waiting"], depth.waiting_emails)
            entries.add_metric(["email", "failed"], depth.failed_emails)
            late = (self._clock.now() - depth.oldest_due).total_seconds() if depth.oldest_due is not None else 0.0
            oldest.add_metric([], max(0.0, late))
        yield from (entries, oldest)
