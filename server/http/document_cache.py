"""The valid documents that clients have sent, with their plans: the latest that fit into a limit of bytes."""

import sys
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from threading import RLock
from typing import NamedTuple

from graphql import DocumentNode, OperationType

from execution import FIELD_BYTES, plans_of
from server.http.document_identifiers import hash_identifier
from server.limits.costs import OperationCost

CAPACITY_BYTES = 32_000_000
"""The estimated memory of all documents and plans that are kept. A query of 100 tokens and 40 fields takes 130 KB."""

DOCUMENT_BYTES = 4_000
TOKEN_BYTES = 650
"""An estimate of the memory of a parsed document: tracemalloc measured 240 to 620 bytes per token for documents that
consist of one kind of token, 410 to 530 for queries of clients, less than 1 per comment, and the text once."""


class OperationFacts(NamedTuple):
    """What is known of an operation before its variables are."""

    type: OperationType
    cost: OperationCost | None
    """None if the operation selects too much to compute its cost."""

    introspects: bool = False
    """Whether it selects nothing but introspection."""


@dataclass(frozen=True, eq=False, slots=True)
class Document:
    """A valid document, and its operations by name."""

    node: DocumentNode
    operations: Mapping[str | None, OperationFacts]
    trusted_name: str | None = None
    """The name of a trusted document: that of its first operation, or of its file."""


class DocumentCache:
    """Documents by their text. When their estimated memory exceeds the capacity, those that have not been used for
    longest are dropped. The plans of a document may grow in any thread."""

    def __init__(self, capacity: int = CAPACITY_BYTES) -> None:
        self._capacity = capacity
        self._documents: OrderedDict[str, Document] = OrderedDict()
        self._texts: dict[str, str] = {}
        """By identifier."""

        self._sizes: dict[str, int] = {}
        self._bytes = 0
        self._lock = RLock()

    def __len__(self) -> int:
        return len(self._documents)

    def get(self, text: str) -> Document | None:
        with self._lock:
            document = self._documents.get(text)
            if document is not None:
                self._documents.move_to_end(text)
            return document

    def text_of(self, identifier: str) -> str | None:
        """Returns the text of the document with this hash."""
        return self._texts.get(identifier)

    def add(self, text: str, document: Document) -> None:
        with self._lock:
            if text in self._documents:
                return
            self._documents[text] = document
            self._texts[hash_identifier(text)] = text
            self._sizes[text] = 0
            plans_of(document.node).on_growth = partial(self._add_fields, text)
            self._add_bytes(text, DOCUMENT_BYTES + sys.getsizeof(text) + TOKEN_BYTES * document.node.token_count)

    def _add_fields(self, text: str, fields: int) -> None:
        with self._lock:
            if text in self._documents:
                self._add_bytes(text, FIELD_BYTES * fields)

    def _add_bytes(self, text: str, size: int) -> None:
        self._sizes[text] += size
        self._bytes += size
        while self._bytes > self._capacity:
            self._drop_oldest()

    def _drop_oldest(self) -> None:
        text, document = self._documents.popitem(last=False)
        # Subscriptions may still use the document, and their plans may grow.
        plans_of(document.node).on_growth = None
        self._bytes -= self._sizes.pop(text)
        del self._texts[hash_identifier(text)]
