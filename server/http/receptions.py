"""Limits on the uploads that a process receives at the same time."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TypeVar
from uuid import UUID

Key = TypeVar("Key")

PER_UPLOAD = 2
"""More than one, so that a client whose connection broke can start again before the server notices."""

PER_AGENT = 10


class TooManyReceptions(Exception):
    """The upload or its uploader has too many requests already."""


class Receptions:
    """Counts the uploads that the process is receiving."""

    def __init__(self) -> None:
        self._by_upload: Counter[tuple[str, UUID]] = Counter()
        self._by_agent: Counter[tuple[str, str]] = Counter()

    @contextmanager
    def admitted(self, account_id: str, agent_id: str, attachment_id: UUID) -> Iterator[None]:
        """Counts a request until the block ends. Raises TooManyReceptions."""
        upload, agent = (account_id, attachment_id), (account_id, agent_id)
        with _counted(self._by_upload, upload, PER_UPLOAD), _counted(self._by_agent, agent, PER_AGENT):
            yield


@contextmanager
def _counted(counter: Counter[Key], key: Key, limit: int) -> Iterator[None]:
    if counter[key] >= limit:
        raise TooManyReceptions
    counter[key] += 1
    try:
        yield
    finally:
        counter[key] -= 1
        if not counter[key]:
            del counter[key]
