"""Counting the events that streams deliver, and measuring how late they are.

A process makes tens of thousands of deliveries per second, so this takes a fraction of the time that a histogram of
prometheus_client takes. It is used by one thread only.
"""

import time
from bisect import bisect_left

from execution import Event
from schema.context import EventContext
from server.observation.records import Transport

BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
"""The upper bounds of the delays, in seconds."""


class Deliveries:
    def __init__(self) -> None:
        self.by_transport = dict.fromkeys(Transport, 0)
        self.delays = [0] * (len(BUCKETS) + 1)
        """How many delays are in each bucket. The last one has those above all bounds."""

        self.total_delay = 0.0

    def add(self, transport: Transport, event: object, stream_began_at: float) -> None:
        """Counts an event that was handed to its connection. Its delay is the time since its change was appended, just
        before the commit. It is not measured for an event without a change, such as typing, nor for one that is older
        than its stream, which the client was not connected to receive earlier."""
        self.by_transport[transport] += 1
        if not isinstance(event, Event) or not isinstance(event.context, EventContext):
            return
        committed_at = event.context.committed_at
        if committed_at is not None and committed_at >= stream_began_at:
            delay = max(0.0, time.time() - committed_at)
            self.delays[bisect_left(BUCKETS, delay)] += 1
            self.total_delay += delay
