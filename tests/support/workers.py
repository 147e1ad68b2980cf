"""How a run is divided between worker processes: a pytest plugin.

A worker runs a file, or one of FOLDERS, as a whole, so what these start is started once in a run. The workers share the
folder of the run, in which the embedded PostgreSQL and the npm packages are.
"""

import shutil
from pathlib import Path
from tempfile import mkdtemp

import pytest
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling, Scheduling
from xdist.workermanage import WorkerController

FOLDERS = ("tests/examples/client", "tests/live/faults", "tests/schema/federation", "tests/server/graphiql")
"""Folders whose tests share servers."""

RUN_FOLDER = pytest.StashKey[Path]()


class FolderScheduling(LoadScopeScheduling):
    def _split_scope(self, nodeid: str) -> str:
        file = nodeid.partition("::")[0]
        return next((folder for folder in FOLDERS if file.startswith(f"{folder}/")), file)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> Scheduling:
    return FolderScheduling(config, log)


def pytest_configure(config: pytest.Config) -> None:
    given: dict[str, str] | None = getattr(config, "workerinput", None)
    config.stash[RUN_FOLDER] = Path(given["run_folder"] if given else mkdtemp(prefix="internal-chat-tests-"))


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: WorkerController) -> None:
    node.workerinput["run_folder"] = str(node.config.stash[RUN_FOLDER])


def pytest_unconfigure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput") and RUN_FOLDER in config.stash:
        shutil.rmtree(config.stash[RUN_FOLDER], ignore_errors=True)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begins with the folders that take longest, so that no worker is left alone with one of them at the end."""
    items.sort(key=_begins_late)


def _begins_late(item: pytest.Item) -> bool:
    return not item.nodeid.startswith(FOLDERS)
