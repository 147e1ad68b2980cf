"""What becomes of the document of a request before it is executed."""

from collections.abc import Iterator
from contextlib import suppress
from functools import lru_cache

from graphql import DocumentNode, GraphQLError, GraphQLSyntaxError, OperationDefinitionNode, parse
from strawberry.extensions import SchemaExtension
from strawberry.types import ExecutionContext

DOCUMENTS = 1_000


class ParsedDocuments(SchemaExtension):
    """Clients send the same documents again and again: each is parsed once.

    strawberry's own cache raises before anybody listens, so a syntax error would reach the client uncoded; here it
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


class OneOperation(SchemaExtension):
    """strawberry runs the first of several operations when the request does not say which; the specification has it
    refused, so that nobody runs a mutation that they did not mean."""

    def on_validate(self) -> Iterator[None]:
        context = self.execution_context
        if not context.pre_execution_errors and context._provided_operation_name is None and _several(context):
            context.pre_execution_errors = [GraphQLError("The document has several operations: name one to be run.")]
        yield


def _several(context: ExecutionContext) -> bool:
    document = context.graphql_document
    assert document is not None
    return sum(isinstance(each, OperationDefinitionNode) for each in document.definitions) > 1
