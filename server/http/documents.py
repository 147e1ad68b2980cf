"""The documents of requests. Clients send the same few again and again, so valid ones are cached."""

import asyncio
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

from graphql import DocumentNode, GraphQLError, GraphQLSchema, GraphQLSyntaxError, OperationType

from server.http.document_cache import Document, DocumentCache, OperationFacts
from server.http.document_identifiers import HASH_PREFIX, hash_identifier
from server.http.document_validation import (
    TRUSTED_LIMITS,
    DocumentLimits,
    DocumentTooLarge,
    DocumentValidator,
    InvalidDocument,
    check_size,
)
from server.http.requests import GraphQLRequest, Refusal
from server.http.trusted_documents import TrustedDocument
from server.limits.cost_compiler import CostCompiler
from server.misconfigured import Misconfigured

INLINE_BYTES = 1_000
"""Longer documents are parsed and validated in a thread, so that the event loop keeps running. The longest take
a second."""


class DocumentUnknown(Exception):
    """No document with the identifier in the request is known. The client should send its text."""


class DocumentNotTrusted(Exception):
    """The document is not one of the trusted ones, and the server executes no others."""


@dataclass(frozen=True)
class DocumentPolicy:
    """Which documents are executed. The limits on the size and shape of documents do not apply to trusted ones."""

    trusted: Sequence[TrustedDocument] = ()
    only_trusted: bool = False
    introspection: bool = True


@dataclass(frozen=True, eq=False, slots=True)
class Operation:
    """An operation of a valid document, and its request."""

    document: DocumentNode
    facts: OperationFacts
    request: GraphQLRequest
    name: str | None
    """The name in the document, which the client has chosen."""

    trusted_name: str | None
    """The name of the document if it is a trusted one."""

    @property
    def type(self) -> OperationType:
        return self.facts.type


EXECUTE_ALL = DocumentPolicy()


class Documents:
    """The documents of one schema."""

    def __init__(self, schema: GraphQLSchema, policy: DocumentPolicy = EXECUTE_ALL) -> None:
        """Raises Misconfigured if a trusted document is invalid."""
        self._policy = policy
        self._validator = DocumentValidator(schema, CostCompiler(schema), policy.introspection)
        self._trusted = valid_trusted_documents(schema, policy.trusted)
        self._cache = DocumentCache()
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="documents")

    async def operation_of(self, request: GraphQLRequest, limits: DocumentLimits) -> Operation:
        """Returns the request's operation. Raises DocumentUnknown, DocumentNotTrusted, DocumentTooLarge,
        GraphQLSyntaxError, InvalidDocument, or Refusal if there is none."""
        _check_identifier(request)
        document = self._trusted_document(request) or await self._document(self._text(request), limits)
        facts = _operation_facts(document, request.operation_name)
        name = request.operation_name or next(iter(document.operations))
        return Operation(document.node, facts, request, name, document.trusted_name)

    def _trusted_document(self, request: GraphQLRequest) -> Document | None:
        """Returns the trusted document with the request's identifier or text. Raises DocumentNotTrusted, or Refusal if
        the identifier is that of another text."""
        if not self._policy.trusted:
            return None
        by_text = self._trusted.get(hash_identifier(request.query)) if request.query is not None else None
        document = by_text if request.document_id is None else self._trusted.get(request.document_id)
        if document is None and self._policy.only_trusted and request.query is not None:
            raise DocumentNotTrusted
        if document is not None and request.query is not None and document is not by_text:
            raise Refusal(400, "The identifier in the request is not that of its `query`.")
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
        size = check_size(text, limits)
        document = self._cache.get(text)
        if document is None:
            document = await self._validated(text, size, limits)
            self._cache.add(text, document)
        elif document.node.token_count > limits.tokens:
            raise DocumentTooLarge(f"A document can have at most {limits.tokens:,} tokens.")
        return document

    async def _validated(self, text: str, size: int, limits: DocumentLimits) -> Document:
        if size <= INLINE_BYTES:
            return self._validator.valid_document(text, limits)
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._thread, self._validator.valid_document, text, limits)


def valid_trusted_documents(schema: GraphQLSchema, trusted: Iterable[TrustedDocument]) -> dict[str, Document]:
    """Returns the documents by identifier. Raises Misconfigured if one is invalid."""
    validator = DocumentValidator(schema, CostCompiler(schema), introspection=True)
    documents: dict[str, Document] = {}
    for source in trusted:
        try:
            document = validator.valid_document(source.text, TRUSTED_LIMITS)
        except (GraphQLSyntaxError, InvalidDocument, Refusal) as invalid:
            raise Misconfigured(f"CHAT_DOCUMENTS: {source.file}: {source.name}: {invalid}") from None
        name = next(iter(document.operations)) or source.name
        documents |= dict.fromkeys(source.identifiers, replace(document, trusted_name=name))
    return documents


def _check_identifier(request: GraphQLRequest) -> None:
    """Raises Refusal if the request has a text and the hash of another one."""
    identifier = request.document_id
    if request.query is None or identifier is None or not identifier.startswith(HASH_PREFIX):
        return
    if identifier != hash_identifier(request.query):
        raise Refusal(400, "The hash in the request is not that of its `query`.")


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
