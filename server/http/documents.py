"""Parsing and validating the documents of requests. Clients send the same few again and again, so valid ones are
cached."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from graphql import (
    DocumentNode,
    GraphQLError,
    GraphQLSchema,
    OperationDefinitionNode,
    OperationType,
    parse,
    specified_rules,
)
from strawberry.schema.schema import validate_document

from server.http.requests import GraphQLRequest, Refusal

DOCUMENTS = 1_000
"""How many valid documents are cached."""


class InvalidDocument(Exception):
    """A document that cannot be executed."""

    def __init__(self, errors: list[GraphQLError]) -> None:
        super().__init__(errors)
        self.errors = errors


@dataclass(frozen=True, eq=False, slots=True)
class Operation:
    """An operation of a valid document, and its request."""

    document: DocumentNode
    type: OperationType
    request: GraphQLRequest


class Documents:
    """The documents of one schema."""

    def __init__(self, schema: GraphQLSchema) -> None:
        self._schema = schema
        self._valid = lru_cache(maxsize=DOCUMENTS)(self._validate)

    def operation_of(self, request: GraphQLRequest) -> Operation:
        """Returns the request's operation. Raises GraphQLSyntaxError, InvalidDocument, or Refusal if there is none."""
        document = self._valid(request.query)
        return Operation(document.node, document.operation_type(request.operation_name), request)

    def _validate(self, query: str) -> "_Document":
        if not query:
            raise Refusal(400, "The request has no `query`.")
        node = parse(query)
        operations = {
            definition.name.value if definition.name else None: definition.operation
            for definition in node.definitions
            if isinstance(definition, OperationDefinitionNode)
        }
        if not operations:
            raise Refusal(400, "The document has no operation.")
        errors = validate_document(self._schema, node, specified_rules)
        if errors:
            raise InvalidDocument([_without_cause(error) for error in errors])
        return _Document(node, operations)


def _without_cause(error: GraphQLError) -> GraphQLError:
    """Returns the error of a literal that made its type raise an exception, such as an integer with more digits than
    Python converts, as an error of the document. The exception's own text mentions Python."""
    if error.original_error is None or isinstance(error.original_error, GraphQLError):
        return error
    return GraphQLError("The literal is not a value of its type.", error.nodes)


@dataclass(frozen=True, eq=False, slots=True)
class _Document:
    node: DocumentNode
    operations: Mapping[str | None, OperationType]

    def operation_type(self, name: str | None) -> OperationType:
        """Returns the type of the operation of this name or, without a name, of the only one. Raises Refusal, or
        InvalidDocument if the request must name one."""
        if name is None and len(self.operations) > 1:
            raise InvalidDocument([GraphQLError("The document has several operations: choose one with operationName.")])
        (type_,) = self.operations.values() if name is None else (self.operations.get(name),)
        if type_ is None:
            raise Refusal(400, "The document has no operation of that name.")
        return type_
