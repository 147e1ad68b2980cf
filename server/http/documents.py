"""Parsing and validating the documents of requests. Clients send the same few again and again, so valid ones are
cached."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import NamedTuple, TypeVar

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

from server.http.document_cache import Document, DocumentCache, OperationFacts
from server.http.requests import GraphQLRequest, Refusal
from server.limits.cost_compiler import CostCompiler, TooManySelections
from server.limits.settings import LimitSettings
from server.limits.shapes import shape_of

INLINE_BYTES = 1_000
"""Longer documents are parsed and validated in a thread, so that the event loop keeps running. The longest take
a second."""

COST_STEPS = 3
"""How many steps compiling the cost of a document may take, for each token that it may have."""

INTROSPECTION_COST = 200_000
"""Twice that of the introspection query that tools send, which takes 0.1 seconds."""

Value = TypeVar("Value")


class DocumentLimits(NamedTuple):
    bytes: int
    tokens: int
    depth: int
    aliases: int
    directives: int

    @classmethod
    def of(cls, settings: LimitSettings) -> "DocumentLimits":
        return cls(
            settings.document_bytes,
            settings.document_tokens,
            settings.document_depth,
            settings.document_aliases,
            settings.document_directives,
        )

    @classmethod
    def of_anonymous(cls, settings: LimitSettings) -> "DocumentLimits":
        """Returns the limits of requests without a valid token."""
        return cls.of(settings)._replace(
            bytes=settings.anonymous_document_bytes, tokens=settings.anonymous_document_tokens
        )


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
    facts: OperationFacts
    request: GraphQLRequest

    @property
    def type(self) -> OperationType:
        return self.facts.type


class Documents:
    """The documents of one schema."""

    def __init__(self, schema: GraphQLSchema) -> None:
        self._schema = schema
        self._costs = CostCompiler(schema)
        self._cache = DocumentCache()
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="documents")

    async def operation_of(self, request: GraphQLRequest, limits: DocumentLimits) -> Operation:
        """Returns the request's operation. Raises DocumentTooLarge, GraphQLSyntaxError, InvalidDocument, or Refusal if
        there is none."""
        document = await self._document(request.query, limits)
        return Operation(document.node, _operation_facts(document, request.operation_name), request)

    async def run_in_thread(self, work: Callable[[], Value]) -> Value:
        """Runs work that would block the event loop for long, one at a time."""
        return await asyncio.get_running_loop().run_in_executor(self._thread, work)

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
            return self._valid_document(text, limits)
        return await self.run_in_thread(lambda: self._valid_document(text, limits))

    def _valid_document(self, text: str, limits: DocumentLimits) -> Document:
        node = parse(text, max_tokens=limits.tokens)
        _unlink_tokens(node)
        operations = [each for each in node.definitions if isinstance(each, OperationDefinitionNode)]
        if not operations:
            raise Refusal(400, "The document has no operation.")
        _check_shape(node, limits)
        errors = validate_document(self._schema, node, specified_rules)
        if errors:
            raise InvalidDocument([_without_cause(error) for error in errors])
        steps = COST_STEPS * limits.tokens
        facts = {each.name.value if each.name else None: self._facts(node, each, steps) for each in operations}
        return Document(node, facts)

    def _facts(self, document: DocumentNode, operation: OperationDefinitionNode, steps: int) -> OperationFacts:
        """Raises InvalidDocument for an operation that introspects too much, or that selects something else too:
        graphql-core executes introspection without pauses, so it is executed in a thread."""
        try:
            introspection = self._costs.introspection(document, operation, steps)
            cost = self._costs.compile(document, operation, steps)
        except TooManySelections:
            return OperationFacts(operation.operation, None)
        if introspection > INTROSPECTION_COST:
            raise InvalidDocument([GraphQLError("The operation introspects too much of the schema.", operation)])
        if introspection and not cost.is_empty:
            message = "An operation that introspects the schema cannot have any other fields."
            raise InvalidDocument([GraphQLError(message, operation)])
        return OperationFacts(operation.operation, cost, introspects=introspection > 0)


def _check_size(text: str, limits: DocumentLimits) -> int:
    """Returns the number of bytes. Raises Refusal for an empty text, and DocumentTooLarge."""
    if not text:
        raise Refusal(400, "The request has no `query`.")
    size = len(text.encode(errors="replace"))
    if size > limits.bytes:
        raise DocumentTooLarge(f"A document can have at most {limits.bytes:,} bytes.")
    return size


def _check_shape(node: DocumentNode, limits: DocumentLimits) -> None:
    """Raises InvalidDocument for a document whose operations are too large with all of their fragments."""
    shape = shape_of(node)
    if shape.depth > limits.depth:
        raise _too_large(f"The fields of an operation can be nested {limits.depth} levels deep.")
    if shape.aliases > limits.aliases:
        text = f"An operation can have at most {limits.aliases} aliases and repeated fields, its fragments included."
        raise _too_large(text)
    if shape.directives > limits.directives:
        raise _too_large(f"An operation can have at most {limits.directives} directives, its fragments included.")


def _too_large(message: str) -> InvalidDocument:
    return InvalidDocument([GraphQLError(message)])


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


def _operation_facts(document: Document, name: str | None) -> OperationFacts:
    """Returns the facts of the operation of this name or, without a name, of the only one. Raises Refusal, or
    InvalidDocument if the request must name one."""
    operations = document.operations
    if name is None and len(operations) > 1:
        raise InvalidDocument([GraphQLError("The document has several operations: choose one with operationName.")])
    (facts,) = operations.values() if name is None else (operations.get(name),)
    if facts is None:
        raise Refusal(400, "The document has no operation of that name.")
    return facts
