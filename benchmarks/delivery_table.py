"""The table of the live benchmark: the servers' figures, and the ratios of the chat's to those of the others."""

from collections.abc import Sequence

from rich.table import Table

from benchmarks.deliveries import Measurement

NEGLIGIBLE = 0.5
"""Figures below have no ratio: frames can arrive before the acknowledgement."""


def delivery_table(title: str, measurements: Sequence[Measurement]) -> Table:
    """The first measurement is the chat's."""
    table = Table(title=title)
    table.add_column("server")
    table.add_column("deliveries\nper s", justify="right")
    for since in ("acknowledged", "sent"):
        table.add_column(f"ms since\n{since} p50", justify="right")
        table.add_column("p99", justify="right")
    table.add_column("µs CPU per\ndelivery", justify="right")
    table.add_column("KiB per\nsocket", justify="right")
    table.add_column("bytes per\nframe", justify="right")
    rows = [_figures(each) for each in measurements]
    for each, row in zip(measurements, rows, strict=True):
        table.add_row(
            each.server, f"{row[0]:,.0f}", *(f"{value:.1f}" for value in row[1:]), f"{each.bytes_per_frame:.0f}"
        )
    table.add_section()
    for other, row in zip(measurements[1:], rows[1:], strict=True):
        ratios = (_ratio(chat, figure) for chat, figure in zip(rows[0], row, strict=True))
        table.add_row(f"chat / {other.server}", *ratios)
    return table


def _figures(measurement: Measurement) -> tuple[float, ...]:
    delays = (measurement.since_acknowledged, measurement.since_sent)
    return (
        measurement.deliveries_per_second,
        *(seconds * 1000 for delay in delays for seconds in (delay.p50, delay.p99)),
        measurement.processor_per_delivery * 1_000_000,
        measurement.memory_per_socket / 1024,
    )


def _ratio(chat: float, other: float) -> str:
    return f"{chat / other:.2f}" if other > NEGLIGIBLE else ""
