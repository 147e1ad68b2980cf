"""Parsing and validating the documents of requests. Clients send the same few again and again, so valid ones are
cached."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import NamedTuple

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

from server.http.document_cache import Document, DocumentCache
from server.http.requests import GraphQLRequest, Refusal

INLINE_BYTES = 1_000
"""Longer documents are parsed and validated in a thread, so that the event loop keeps running. The longest take
a second."""


class DocumentLimits(NamedTuple):
    bytes: int
    tokens: int


class InvalidDocument(Exception):
    """A document that cannot be executed."""

    def __init__(self, errors: list[GraphQLError]) -> None:
        super().__init__(errors)
        self.errors = errors


class DocumentTooLarge(Exception):
    """A document that exceeds a limit, and is not parsed."""


@dataclass(frozen=True, eq=False, slots=True)
class Operation:
    """An operation of a valid document, and its request."""

    document: DocumentNode
    type: OperationType
    request: GraphQLRequest
    name: str | None = None
    """The name in the document, which the client has chosen."""

    trusted_name: str | None = None
    """The name if the operator trusts the document."""


class Documents:
    """The documents of one schema."""

    def __init__(self, schema: GraphQLSchema) -> None:
        self._schema = schema
        self._cache = DocumentCache()
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="documents")

    async def operation_of(self, request: GraphQLRequest, limits: DocumentLimits) -> Operation:
        """Returns the request's operation. Raises DocumentTooLarge, GraphQLSyntaxError, InvalidDocument, or Refusal if
        there is none."""
        document = await self._document(request.query, limits)
        type_ = _operation_type(document, request.operation_name)
        return Operation(document.node, type_, request, request.operation_name or next(iter(document.operations)))

    async def _document(self, text: str, limits: DocumentLimits) -> Document:
        size = _check_size(text, limits)
        document = self._cache.get(text)
        if document is None:
            document = await self._validated(text, size, limits)
            self._cache.add(text, document)
        elif document.node.token_count > limits.tokens:
            raise DocumentTooLarge(f"A document can have at most {limits.tokens:,} tokens.")
        return document

    async def _validated(self, text: str, size: int, limits: DocumentLimits) -> Document:
        if size <= INLINE_BYTES:
            return _valid_document(self._schema, text, limits)
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._thread, _valid_document, self._schema, text, limits)


def _check_size(text: str, limits: DocumentLimits) -> int:
    """Returns the number of bytes. Raises Refusal for an empty text, and DocumentTooLarge."""
    if not text:
        raise Refusal(400, "The request has no `query`.")
    size = len(text.encode(errors="replace"))
    if size > limits.bytes:
        raise DocumentTooLarge(f"A document can have at most {limits.bytes:,} bytes.")
    return size


def _valid_document(schema: GraphQLSchema, text: str, limits: DocumentLimits) -> Document:
    node = parse(text, max_tokens=limits.tokens)
    _unlink_tokens(node)
    operations = {
        definition.name.value if definition.name else None: definition.operation
        for definition in node.definitions
        if isinstance(definition, OperationDefinitionNode)
    }
    if not operations:
        raise Refusal(400, "The document has no operation.")
    errors = validate_document(schema, node, specified_rules)
    if errors:
        raise InvalidDocument([_without_cause(error) for error in errors])
    return Document(node, operations)


def _unlink_tokens(node: DocumentNode) -> None:
    """Cuts the list of the document's tokens, which only the parser needs. Linked in both directions, it would keep the
    memory of a dropped document until a garbage collection."""
    token = node.loc.start_token if node.loc is not None else None
    while token is not None:
        following, token.prev, token.next = token.next, None, None
        token = following


def _without_cause(error: GraphQLError) -> GraphQLError:
    """Returns the error of a literal that made its type raise an exception, such as an integer with more digits than
    Python converts, as an error of the document. The exception's own text mentions Python."""
    if error.original_error is None or isinstance(error.original_error, GraphQLError):
        return error
    return GraphQLError("The literal is not a value of its type.", error.nodes)


def _operation_type(document: Document, name: str | None) -> OperationType:
    """Returns the type of the operation of this name or, without a name, of the only one. Raises Refusal, or
    InvalidDocument if the request must name one."""
    operations = document.operations
    if name is None and len(operations) > 1:
        raise InvalidDocument([GraphQLError("The document has several operations: choose one with operationName.")])
    (type_,) = operations.values() if name is None else (operations.get(name),)
    if type_ is None:
        raise Refusal(400, "The document has no operation of that name.")
    return type_
