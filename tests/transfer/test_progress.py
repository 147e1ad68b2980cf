"""The progress of a command, on a terminal and elsewhere."""

from collections.abc import Iterator
from io import StringIO

from rich.console import Console

from transfer.progress import PlainProgress, shown_progress


def _clock(*times: float) -> Iterator[float]:
    yield from times


def test_lines_are_printed_now_and_then_with_an_estimate() -> None:
    output = StringIO()
    times = _clock(100, 101, 110, 112, 115, 120, 121)
    progress = PlainProgress(Console(file=output), lambda: next(times))
    progress.stage("Writing rows", 40_000)
    progress.advance(1_000)
    progress.advance(9_000)
    progress.advance(1_000)
    progress.advance(9_000)
    progress.end()
    assert output.getvalue().splitlines() == [
        "Writing rows: 10,000 of 40,000, about 30 s left",
        "Writing rows: 20,000 of 40,000, about 15 s left",
        "Writing rows: 20,000, done in 20.0 s",
    ]


def test_a_stage_can_have_an_unknown_number_of_steps() -> None:
    output = StringIO()
    times = _clock(0, 6, 7, 8, 9)
    progress = PlainProgress(Console(file=output), lambda: next(times))
    progress.stage("Reading")
    progress.advance(5)
    progress.stage("Writing", 0)
    progress.end()
    assert output.getvalue().splitlines() == ["Reading: 5", "Reading: 5, done in 7.0 s", "Writing: 0, done in 1.0 s"]


def test_a_terminal_shows_bars() -> None:
    output = StringIO()
    with shown_progress(Console(file=output, force_terminal=True, width=100)) as progress:
        progress.stage("Writing rows", 10)
        progress.advance(4)
        progress.note("A line [with brackets]")
        progress.stage("Copying files", None)
        progress.advance()
    shown = output.getvalue()
    assert "A line [with brackets]" in shown
    assert "Writing rows" in shown
    assert "4/4" in shown
    assert "1/1" in shown


def test_without_a_terminal_nothing_but_lines_is_printed() -> None:
    output = StringIO()
    with shown_progress(Console(file=output, force_terminal=False)) as progress:
        progress.stage("Writing rows", 10)
    assert output.getvalue() == "Writing rows: 0, done in 0.0 s\n"
