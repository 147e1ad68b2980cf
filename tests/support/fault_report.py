"""A table of what the fault tests measured, printed at the end of the run: a pytest plugin."""

from dataclasses import asdict, dataclass

import pytest
from xdist.workermanage import WorkerController


@dataclass(frozen=True)
class Finding:
    """A row of the table."""

    fault: str
    sent: int
    deliveries: int
    lost: int
    repeated: int
    longest_delay: float


FINDINGS: list[Finding] = []
"""The rows of this process, and in the main process those of its workers."""


def report() -> list[str]:
    """Returns the lines of the table."""
    lines = [f"{'fault':<62} {'sent':>5} {'received':>8} {'lost':>5} {'twice':>6} {'longest delay':>14}"]
    for each in FINDINGS:
        lines.append(
            f"{each.fault:<62} {each.sent:>5} {each.deliveries:>8} {each.lost:>5} {each.repeated:>6}"
            f" {each.longest_delay * 1000:>11.0f} ms"
        )
    return lines


def pytest_sessionfinish(session: pytest.Session) -> None:
    output: dict[str, object] | None = getattr(session.config, "workeroutput", None)
    if output is not None:
        output["findings"] = [asdict(finding) for finding in FINDINGS]


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: WorkerController) -> None:
    output = getattr(node, "workeroutput", {})
    FINDINGS.extend(Finding(**finding) for finding in output.get("findings", []))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if FINDINGS:
        terminalreporter.section("faults")
        for line in report():
            terminalreporter.write_line(line)
