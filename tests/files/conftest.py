"""The stores that tests write to."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from files.storage import FileStore
from tests.support.s3 import S3Server, running_s3


@pytest.fixture(scope="session")
def s3(worker_folder: Path) -> Iterator[S3Server]:
    with running_s3(worker_folder / "s3.log") as server:
        yield server


@pytest.fixture
def directory(tmp_path: Path) -> FileStore:
    return FileStore.open(str(tmp_path / "files"))
