"""Clients send the same documents again and again: each is parsed once."""

from collections.abc import Iterator
from contextlib import suppress
from functools import lru_cache

from graphql import DocumentNode, GraphQLSyntaxError, parse
from strawberry.extensions import SchemaExtension

DOCUMENTS = 1_000


class ParsedDocuments(SchemaExtension):
    """strawberry's own cache raises before anybody listens, so a syntax error would reach the client uncoded; here it
    is left for the parser proper to find."""

    def on_parse(self) -> Iterator[None]:
        query = self.execution_context.query
        if query is not None:
            with suppress(GraphQLSyntaxError):
                self.execution_context.graphql_document = _parse(query)
        yield


@lru_cache(maxsize=DOCUMENTS)
def _parse(query: str) -> DocumentNode:
    return parse(query)
