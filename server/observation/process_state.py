"""The metrics that are read from the parts of the process when they are collected. The parts only count."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from time import monotonic

from prometheus_client import Metric
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily

from live.hub import Hub
from notifications.outcomes import Outcome
from notifications.worker import EmailWorker
from server.background import BackgroundParts
from server.http.connections import Connections, ConnectionState
from server.observation.deliveries import BUCKETS, Deliveries
from server.observation.observation import Observation
from server.observation.records import Kind
from server.observation.request_metrics import NO_TYPE
from server.postgres.pool import ConnectionPool
from sources.registry import Sources

Samples = Iterable[tuple[Sequence[str], float]]
"""The values of the labels, and the value of the metric."""


SOCKET_STATES = (ConnectionState.SIGNED_IN, ConnectionState.NOT_SIGNED_IN)


@dataclass(frozen=True, eq=False)
class PoolState:
    """A collector of prometheus_client, as are the other classes of this file."""

    pools: Mapping[str, ConnectionPool]

    def collect(self) -> Iterator[Metric]:
        shares = {
            (name, use): share
            for name, pool in self.pools.items()
            for use, share in (("read", pool.reads), ("transaction", pool.transactions))
        }
        labels = ("pool", "use")
        size = {key: share.size for key, share in shares.items()}
        in_use = {key: share.in_use for key, share in shares.items()}
        waiting = {key: share.waiting for key, share in shares.items()}
        yield _gauge("chat_pool_size", "Connections to the database that may be in use.", size.items(), *labels)
        yield _gauge("chat_pool_in_use", "Connections to the database that are in use.", in_use.items(), *labels)
        yield _gauge(
            "chat_pool_waiting", "Reads and transactions that wait for a connection.", waiting.items(), *labels
        )


@dataclass(frozen=True, eq=False)
class BackgroundState:
    background: BackgroundParts

    def collect(self) -> Iterator[Metric]:
        running = {(part,): float(is_running) for part, is_running in self.background.running.items()}
        failures = {(part,): float(count) for part, count in self.background.failures.items()}
        yield _gauge("chat_background_part_running", "Whether the background part is running.", running.items(), "part")
        yield _counter("chat_background_part_failures", "Failures of the background part.", failures.items(), "part")


@dataclass(frozen=True, eq=False)
class ConnectionsState:
    connections: Connections
    observation: Observation

    def collect(self) -> Iterator[Metric]:
        by_state = self.connections.by_state()
        sockets = [((state.value,), by_state[state]) for state in SOCKET_STATES]
        yield _gauge("chat_sockets", "Open sockets.", sockets, "state")
        yield _gauge("chat_event_streams", "Open event streams.", [((), by_state[ConnectionState.EVENT_STREAM])])
        yield _gauge(
            "chat_operations_in_flight",
            "Operations that are running, and subscriptions that are open.",
            Counter(
                (record.operation_type.value if record.operation_type else NO_TYPE, record.transport.value)
                for record in self.observation.in_flight
                if record.kind is Kind.OPERATION
            ).items(),
            "type",
            "transport",
        )
        yield from _deliveries(self.observation.deliveries)


@dataclass(frozen=True, eq=False)
class HubState:
    hub: Hub

    def collect(self) -> Iterator[Metric]:
        hub, counts = self.hub, self.hub.broadcast_counts
        yield _gauge("chat_hub_accounts", "Accounts that have streams in this process.", [((), hub.served_accounts)])
        yield _gauge("chat_hub_unread_changes", "Changes that the hub has yet to read.", [((), hub.unread_changes)])
        yield _gauge(
            "chat_hub_comparison_age_seconds",
            "The time since the hub last compared its positions with the database, which it does every second.",
            [((), monotonic() - hub.compared_at)],
        )
        yield _counter("chat_hub_failed_reads", "Reads of the hub that failed.", [((), hub.failed_reads)])
        yield _gauge(
            "chat_broadcast_healthy", "Whether the last heartbeat came back.", [((), hub.broadcast_is_healthy)]
        )
        yield _counter("chat_broadcast_connections", "Connections to the broker.", [((), counts.connections)])
        yield _counter("chat_broadcast_failures", "Failed connections to the broker.", [((), counts.failures)])
        yield _counter("chat_broadcast_lost_heartbeats", "Heartbeats that were lost.", [((), counts.lost_heartbeats)])
        yield _counter(
            "chat_broadcast_dropped_messages", "Messages that were dropped.", [((), counts.dropped_messages)]
        )


@dataclass(frozen=True, eq=False)
class EmailState:
    worker: EmailWorker

    def collect(self) -> Iterator[Metric]:
        outcomes = {(outcome.value.lower(),): float(self.worker.outcomes[outcome]) for outcome in Outcome}
        yield _counter(
            "chat_emails", "What became of the e-mails that this process claimed.", outcomes.items(), "outcome"
        )


@dataclass(frozen=True, eq=False)
class SourcesState:
    sources: Sources

    def collect(self) -> Iterator[Metric]:
        breakers = {(kind.value,): float(is_open) for kind, is_open in self.sources.open_breakers.items()}
        yield _gauge("chat_source_breaker_open", "Whether the source module counts as down.", breakers.items(), "kind")


def _deliveries(deliveries: Deliveries) -> Iterator[Metric]:
    by_transport = {(transport.value,): float(count) for transport, count in deliveries.by_transport.items()}
    yield _counter("chat_deliveries", "Events that were handed to connections.", by_transport.items(), "transport")
    delays = HistogramMetricFamily(
        "chat_delivery_delay_seconds", "The time from the commit of a change to its delivery on a stream."
    )
    buckets, total = [], 0
    for bound, count in zip([*map(str, BUCKETS), "+Inf"], deliveries.delays, strict=True):
        total += count
        buckets.append((bound, total))
    delays.add_metric([], buckets, deliveries.total_delay)
    yield delays


def _gauge(name: str, documentation: str, samples: Samples, *labels: str) -> Metric:
    family = GaugeMetricFamily(name, documentation, labels=labels)
    for values, value in samples:
        family.add_metric(values, value)
    return family


def _counter(name: str, documentation: str, samples: Samples, *labels: str) -> Metric:
    family = CounterMetricFamily(name, documentation, labels=labels)
    for values, value in samples:
        family.add_metric(values, value)
    return family
