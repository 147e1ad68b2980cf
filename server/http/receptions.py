"""Limits on the uploads that a process receives at the same time."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID

from server.limits.usage import counted

PER_UPLOAD = 2
"""More than one, so that a client whose connection broke can start again before the server notices."""

PER_AGENT = 10


class Receptions:
    """Counts the uploads that the process is receiving."""

    def __init__(self) -> None:
        self._by_upload: Counter[tuple[str, UUID]] = Counter()
        self._by_agent: Counter[tuple[str, str]] = Counter()

    @contextmanager
    def admitted(self, account_id: str, agent_id: str, attachment_id: UUID) -> Iterator[None]:
        """Counts a request until the block ends. Raises TooMany."""
        upload, agent = (account_id, attachment_id), (account_id, agent_id)
        with counted(self._by_upload, upload, PER_UPLOAD), counted(self._by_agent, agent, PER_AGENT):
            yield
