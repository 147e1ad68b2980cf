"""What the run leaves out, and why: a pytest plugin.

Tests marked `chromium`, `node` or `redis` need another program. Without it they are skipped, with the reason
and the way to install it; with CHAT_TEST_REQUIRE_ALL=1 the run fails before it begins. Tests marked `long` run only
with `--long`.
"""

import os
import shutil
from dataclasses import dataclass

import pytest

LONG_COMMAND = "scripts/test --long"


@dataclass(frozen=True)
class Requirement:
    marker: str
    alternatives: tuple[tuple[str, ...], ...]  # any of these, and all the programs in it
    packages: str

    @property
    def is_present(self) -> bool:
        return any(all(map(shutil.which, programs)) for programs in self.alternatives)

    @property
    def reason(self) -> str:
        return f"no {self.marker} here (Debian: apt-get install {self.packages})"


REQUIREMENTS = (
    Requirement("chromium", (("chromium",), ("chromium-browser",), ("google-chrome",)), "chromium"),
    Requirement("node", (("node", "npm"),), "nodejs npm"),
    Requirement("haproxy", (("haproxy",),), "haproxy"),
    Requirement("redis", (("redis-server",),), "redis-server"),
)


def _missing() -> list[Requirement]:
    return [requirement for requirement in REQUIREMENTS if not requirement.is_present]


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--long", action="store_true", help="also run the tests marked long")


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", f"long: takes minutes; {LONG_COMMAND} runs it")
    for requirement in REQUIREMENTS:
        config.addinivalue_line("markers", f"{requirement.marker}: needs {requirement.packages}")
    missing = _missing()
    if missing and os.environ.get("CHAT_TEST_REQUIRE_ALL") == "1":
        raise pytest.UsageError("; ".join(requirement.reason for requirement in missing))


def pytest_report_header(config: pytest.Config) -> list[str]:
    lines = [f"left out: the tests marked {each.marker}: {each.reason}" for each in _missing()]
    if not config.getoption("--long"):
        lines.append(f"left out: the tests marked long (faults and gateways): {LONG_COMMAND} runs them too")
    return lines


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    for requirement in _missing():
        for item in items:
            if item.get_closest_marker(requirement.marker):
                item.add_marker(pytest.mark.skip(reason=requirement.reason))
    if not config.getoption("--long"):
        long = [item for item in items if item.get_closest_marker("long")]
        config.hook.pytest_deselected(items=long)
        items[:] = [item for item in items if item not in long]
