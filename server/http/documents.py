"""Checks and caches the documents of requests before they are executed."""

from collections.abc import Iterator
from contextlib import suppress
from functools import lru_cache

from graphql import DocumentNode, GraphQLError, GraphQLSyntaxError, OperationDefinitionNode, parse
from strawberry.extensions import SchemaExtension
from strawberry.types import ExecutionContext

DOCUMENTS = 1_000
"""How many parsed and validated documents are kept."""


class ParsedDocuments(SchemaExtension):
    """Parses each document once: clients repeat the same few.

    strawberry's own ParserCache raises outside its error handling, so a syntax error would reach the client without a
    code. Here it is suppressed, and the regular parser raises it again."""

    def on_parse(self) -> Iterator[None]:
        query = self.execution_context.query
        if query is not None:
            with suppress(GraphQLSyntaxError):
                self.execution_context.graphql_document = _parse(query)
        yield


@lru_cache(maxsize=DOCUMENTS)
def _parse(query: str) -> DocumentNode:
    return parse(query)


class OneOperation(SchemaExtension):
    """Refuses a document with several operations if the request does not name one, as the specification requires.
    strawberry would run the first, which may be a mutation that the client did not mean."""

    def on_validate(self) -> Iterator[None]:
        context = self.execution_context
        unnamed = context._provided_operation_name is None
        if not context.pre_execution_errors and unnamed and _has_several_operations(context):
            message = "The document has several operations: choose one with operationName."
            context.pre_execution_errors = [GraphQLError(message)]
        yield


def _has_several_operations(context: ExecutionContext) -> bool:
    document = context.graphql_document
    assert document is not None
    return sum(isinstance(definition, OperationDefinitionNode) for definition in document.definitions) > 1
