"""What some tests need beside Python, and whether this machine has it: a pytest plugin.

A test says `@pytest.mark.chromium`, `node` or `redis`. Without the program it is left out, with the reason and the
way to get it; with CHAT_TEST_REQUIRE_ALL=1 nothing may be left out, and the run fails before it begins.
"""

import os
import shutil
from collections.abc import Sequence
from dataclasses import dataclass

import pytest


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
    Requirement("redis", (("redis-server",),), "redis-server"),
)


def _missing() -> list[Requirement]:
    return [requirement for requirement in REQUIREMENTS if not requirement.is_present]


def pytest_configure(config: pytest.Config) -> None:
    for requirement in REQUIREMENTS:
        config.addinivalue_line("markers", f"{requirement.marker}: needs {requirement.packages}")
    missing = _missing()
    if missing and os.environ.get("CHAT_TEST_REQUIRE_ALL") == "1":
        raise pytest.UsageError("; ".join(requirement.reason for requirement in missing))


def pytest_report_header() -> list[str]:
    return [f"left out: the tests marked {each.marker}: {each.reason}" for each in _missing()]


def pytest_collection_modifyitems(items: Sequence[pytest.Item]) -> None:
    for requirement in _missing():
        for item in items:
            if item.get_closest_marker(requirement.marker):
                item.add_marker(pytest.mark.skip(reason=requirement.reason))
