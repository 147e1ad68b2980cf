"""The progress of a long command: a bar with an estimate on a terminal, and lines of plain text elsewhere."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import monotonic

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TaskID, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.progress import Progress as Bars

LINE_SECONDS = 5.0
"""The least time between two lines about the same stage."""


class Progress(ABC):
    """A command has one stage after another. Each has an estimated number of steps, which `advance` counts: a stage can
    have more or fewer in the end."""

    @abstractmethod
    def stage(self, name: str, total: int | None = None) -> None:
        """Ends the stage before, and begins one with about this many steps. None if the number is not known."""

    @abstractmethod
    def advance(self, steps: int = 1) -> None: ...

    @abstractmethod
    def note(self, text: str) -> None:
        """Prints a line."""


class TerminalProgress(Progress):
    def __init__(self, console: Console, bars: Bars) -> None:
        self._console = console
        self._bars = bars
        self._task: TaskID | None = None

    def stage(self, name: str, total: int | None = None) -> None:
        self.end()
        self._task = self._bars.add_task(name, total=total)

    def advance(self, steps: int = 1) -> None:
        assert self._task is not None
        self._bars.advance(self._task, steps)

    def note(self, text: str) -> None:
        self._console.print(text, markup=False, highlight=False)

    def end(self) -> None:
        """Shows the stage as complete, whatever its estimate was."""
        if self._task is not None:
            completed = self._bars.tasks[self._bars.task_ids.index(self._task)].completed
            self._bars.update(self._task, total=completed, completed=completed)


class PlainProgress(Progress):
    def __init__(self, console: Console, clock: Callable[[], float] = monotonic) -> None:
        self._console = console
        self._clock = clock
        self._name: str | None = None
        self._total: int | None = None
        self._steps = 0
        self._started_at = self._printed_at = 0.0

    def stage(self, name: str, total: int | None = None) -> None:
        self.end()
        self._name, self._total, self._steps = name, total, 0
        self._started_at = self._printed_at = self._clock()

    def advance(self, steps: int = 1) -> None:
        self._steps += steps
        now = self._clock()
        if now - self._printed_at >= LINE_SECONDS:
            self._printed_at = now
            self.note(f"{self._name}: {self._steps:,}{self._estimate(now)}")

    def note(self, text: str) -> None:
        self._console.print(text, markup=False, highlight=False, soft_wrap=True)

    def end(self) -> None:
        if self._name is not None:
            self.note(f"{self._name}: {self._steps:,}, done in {self._clock() - self._started_at:.1f} s")
            self._name = None

    def _estimate(self, now: float) -> str:
        if not self._total:
            return ""
        left = max(0, self._total - self._steps) * (now - self._started_at) / self._steps
        return f" of {self._total:,}, about {left:.0f} s left"


@contextmanager
def shown_progress(console: Console) -> Iterator[Progress]:
    """Yields the progress that the console can show. It ends with the block."""
    if not console.is_terminal:
        plain = PlainProgress(console)
        yield plain
        plain.end()
        return
    columns = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn()
    with Bars(*columns, TimeElapsedColumn(), TimeRemainingColumn(), console=console) as bars:
        terminal = TerminalProgress(console, bars)
        yield terminal
        terminal.end()
