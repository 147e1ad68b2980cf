"""Parsing and validating the documents of requests. Clients send the same few again and again, so valid ones are
cached."""

import asyncio
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import NamedTuple

from graphql import (
    ASTValidationRule,
    DocumentNode,
    GraphQLError,
    GraphQLSchema,
    GraphQLSyntaxError,
    OperationDefinitionNode,
    OperationType,
    parse,
    specified_rules,
)
from strawberry.schema.schema import validate_document

from server.http.document_cache import Document, DocumentCache
from server.http.document_identifiers import HASH_PREFIX, hash_identifier
from server.http.introspection import NoIntrospection, without_suggestion
from server.http.requests import GraphQLRequest, Refusal
from server.http.trusted_documents import TrustedDocument
from server.settings import Misconfigured

INLINE_BYTES = 1_000
"""Longer documents are parsed and validated in a thread, so that the event loop keeps running. The longest take
a second."""


class DocumentLimits(NamedTuple):
    bytes: int
    tokens: int


class InvalidDocument(Exception):
    """A document that cannot be executed."""

    def __init__(self, errors: list[GraphQLError]) -> None:
        super().__init__("; ".join(error.message for error in errors))
        self.errors = errors


class DocumentTooLarge(Exception):
    """A document that exceeds a limit, and is not parsed."""


class DocumentUnknown(Exception):
    """No document with the identifier in the request is known. The client should send its text."""


class DocumentNotTrusted(Exception):
    """The document is not one of the trusted ones, and the server executes no others."""


@dataclass(frozen=True)
class DocumentPolicy:
    """Which documents are executed. The limits on the size of documents do not apply to trusted ones."""

    trusted: Sequence[TrustedDocument] = ()
    only_trusted: bool = False
    introspection: bool = True


@dataclass(frozen=True, eq=False, slots=True)
class Operation:
    """An operation of a valid document, and its request."""

    document: DocumentNode
    type: OperationType
    request: GraphQLRequest
    trusted_name: str | None
    """The name of the document if it is a trusted one. Other names are the client's, and unlimited in number."""


EXECUTE_ALL = DocumentPolicy()


class Documents:
    """The documents of one schema."""

    def __init__(self, schema: GraphQLSchema, policy: DocumentPolicy = EXECUTE_ALL) -> None:
        """Raises Misconfigured if a trusted document is invalid."""
        self._schema = schema
        self._policy = policy
        self._trusted = valid_trusted_documents(schema, policy.trusted)
        self._cache = DocumentCache()
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="documents")

    async def operation_of(self, request: GraphQLRequest, limits: DocumentLimits) -> Operation:
        """Returns the request's operation. Raises DocumentUnknown, DocumentNotTrusted, DocumentTooLarge,
        GraphQLSyntaxError, InvalidDocument, or Refusal if there is none."""
        _check_identifier(request)
        document = self._trusted_document(request) or await self._document(self._text(request), limits)
        type_ = _operation_type(document, request.operation_name)
        return Operation(document.node, type_, request, document.trusted_name)

    def _trusted_document(self, request: GraphQLRequest) -> Document | None:
        """Returns the trusted document with the request's identifier or text. Raises DocumentNotTrusted."""
        if not self._policy.trusted:
            return None
        identifier = request.document_id or hash_identifier(request.query or "")
        document = self._trusted.get(identifier)
        if document is None and self._policy.only_trusted and request.query is not None:
            raise DocumentNotTrusted
        return document

    def _text(self, request: GraphQLRequest) -> str:
        """Returns the text in the request, or of a document that a client has sent before. Raises DocumentUnknown."""
        text = request.query
        if text is None and request.document_id is not None and not self._policy.only_trusted:
            text = self._cache.text_of(request.document_id)
        if text is None:
            raise DocumentUnknown
        return text

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
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._thread, self._valid_document, text, limits)

    def _valid_document(self, text: str, limits: DocumentLimits) -> Document:
        if self._policy.introspection:
            return _valid_document(self._schema, text, limits.tokens)
        try:
            return _valid_document(self._schema, text, limits.tokens, (NoIntrospection,))
        except InvalidDocument as invalid:
            raise InvalidDocument(list(map(without_suggestion, invalid.errors))) from None


def valid_trusted_documents(schema: GraphQLSchema, trusted: Iterable[TrustedDocument]) -> dict[str, Document]:
    """Returns the documents by identifier. Raises Misconfigured if one is invalid."""
    documents: dict[str, Document] = {}
    for source in trusted:
        try:
            document = replace(_valid_document(schema, source.text), trusted_name=source.name)
        except (GraphQLSyntaxError, InvalidDocument, Refusal) as invalid:
            raise Misconfigured(f"CHAT_DOCUMENTS: {source.file}: {source.name}: {invalid}") from None
        documents |= dict.fromkeys(source.identifiers, document)
    return documents


def _check_identifier(request: GraphQLRequest) -> None:
    """Raises Refusal if the request has a text and the hash of another one."""
    identifier = request.document_id
    if request.query is None or identifier is None or not identifier.startswith(HASH_PREFIX):
        return
    if identifier != hash_identifier(request.query):
        raise Refusal(400, "The hash in the request is not that of its `query`.")


def _check_size(text: str, limits: DocumentLimits) -> int:
    """Returns the number of bytes. Raises Refusal for an empty text, and DocumentTooLarge."""
    if not text:
        raise Refusal(400, "The request has no `query`.")
    size = len(text.encode(errors="replace"))
    if size > limits.bytes:
        raise DocumentTooLarge(f"A document can have at most {limits.bytes:,} bytes.")
    return size


def _valid_document(
    schema: GraphQLSchema,
    text: str,
    max_tokens: int | None = None,
    further_rules: Sequence[type[ASTValidationRule]] = (),
) -> Document:
    """Raises GraphQLSyntaxError, InvalidDocument, or Refusal for a document without an operation."""
    node = parse(text, max_tokens=max_tokens)
    _unlink_tokens(node)
    operations = {
        definition.name.value if definition.name else None: definition.operation
        for definition in node.definitions
        if isinstance(definition, OperationDefinitionNode)
    }
    if not operations:
        raise Refusal(400, "The document has no operation.")
    errors = validate_document(schema, node, (*specified_rules, *further_rules))
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
