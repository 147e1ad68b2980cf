"""Content negotiation: which media types a client accepts for its response.

https://graphql.github.io/graphql-over-http/draft/#sec-Media-Types
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import Self

from graphql import OperationType

JSON = "application/json"
GRAPHQL_RESPONSE = "application/graphql-response+json"
EVENT_STREAM = "text/event-stream"
HTML = "text/html"


@dataclass(frozen=True, slots=True)
class Accept:
    """An Accept header. Without one, a client accepts JSON."""

    types: frozenset[str]

    @classmethod
    @lru_cache(maxsize=100)
    def of(cls, header: str) -> Self:
        """Returns the media types of the header, without those that the client excludes with `q=0`."""
        elements = (element.partition(";") for element in header.lower().split(","))
        return cls(frozenset(name.strip() for name, _, parameters in elements if not _is_excluded(parameters)))

    @property
    def graphql_response(self) -> bool:
        """Whether the client accepts `application/graphql-response+json` by name."""
        return GRAPHQL_RESPONSE in self.types

    @property
    def content_type(self) -> str:
        """The content type of a response that is not a stream."""
        return f"{GRAPHQL_RESPONSE}; charset=utf-8" if self.graphql_response else JSON

    @property
    def only_streams(self) -> bool:
        """Whether the client accepts an event stream and no JSON."""
        return EVENT_STREAM in self.types and self.types.isdisjoint({JSON, GRAPHQL_RESPONSE, "application/*", "*/*"})

    def prefers_stream(self, operation: OperationType) -> bool:
        """Returns whether the operation is answered with an event stream. Some clients list it in every request, but
        expect it only for subscriptions."""
        return self.only_streams or (operation == OperationType.SUBSCRIPTION and EVENT_STREAM in self.types)


def _is_excluded(parameters: str) -> bool:
    for parameter in parameters.split(";"):
        name, _, value = parameter.partition("=")
        if name.strip() == "q":
            return _is_zero(value.strip())
    return False


def _is_zero(quality: str) -> bool:
    try:
        return float(quality) == 0
    except ValueError:
        return False
