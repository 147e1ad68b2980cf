"""Databases to import into."""

from itertools import count

import pytest

from tests.support.databases import Databases

_numbers = count(1)


@pytest.fixture(scope="module")
def new_database_url(databases: Databases, worker_id: str) -> str:
    """An empty database of the module."""
    return databases.create(f"{worker_id}-moved-{next(_numbers)}")


@pytest.fixture
def empty_database_url(databases: Databases, worker_id: str) -> str:
    """An empty database of the test."""
    return databases.create(f"{worker_id}-empty-{next(_numbers)}")
