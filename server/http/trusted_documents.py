"""The trusted documents: those of the operator's own front ends, which are built together with them.

`CHAT_DOCUMENTS` is a folder with, in any mixture:

- `*.graphql`: one document each. Its identifiers are the name of the file without the ending, and the hash of its text.
- `*.json`: the manifests that client tools write. Either an object with texts by identifier, as graphql-codegen and
  relay-compiler write it, or Apollo's, with a list of `operations`. The hashes of the texts are identifiers too.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from pydantic import BaseModel, RootModel, ValidationError

from server.http.document_identifiers import hash_identifier
from server.misconfigured import Misconfigured


@dataclass(frozen=True)
class TrustedDocument:
    """A document in a file. Different documents have different identifiers."""

    file: Path
    name: str
    text: str
    identifiers: frozenset[str]


class _ApolloOperation(BaseModel):
    id: str
    name: str
    body: str


class _ApolloManifest(BaseModel):
    operations: list[_ApolloOperation]


_Manifest = RootModel[_ApolloManifest | dict[str, str]]


def read_trusted_documents(folder: Path) -> list[TrustedDocument]:
    """Returns the documents in the folder and in its subfolders. Raises Misconfigured for a folder without documents, a
    file that cannot be read, and two documents with the same identifier."""
    texts: dict[str, str] = {}
    documents = []
    for document in _documents(folder):
        for identifier in document.identifiers:
            if texts.setdefault(identifier, document.text) != document.text:
                raise Misconfigured(f"CHAT_DOCUMENTS: another document than {document.file}'s is {identifier!r}, too.")
        documents.append(document)
    if not documents:
        raise Misconfigured(f"CHAT_DOCUMENTS: the folder {folder} does not exist, or contains no documents.")
    return documents


def _documents(folder: Path) -> Iterator[TrustedDocument]:
    for file in sorted(folder.rglob("*.graphql")):
        yield _document(file, file.stem, _text(file), file.stem)
    for file in sorted(folder.rglob("*.json")):
        yield from _documents_of_manifest(file)


def _documents_of_manifest(file: Path) -> Iterator[TrustedDocument]:
    try:
        manifest = _Manifest.model_validate_json(_text(file)).root
    except ValidationError:
        raise Misconfigured(
            f"CHAT_DOCUMENTS: {file} is not a manifest. It must be an object with texts by identifier, or Apollo's."
        ) from None
    if isinstance(manifest, _ApolloManifest):
        for operation in manifest.operations:
            yield _document(file, operation.name, operation.body, operation.id)
    else:
        for identifier, text in manifest.items():
            yield _document(file, identifier, text, identifier)


def _document(file: Path, name: str, text: str, identifier: str) -> TrustedDocument:
    return TrustedDocument(file, name, text, frozenset({identifier, hash_identifier(text)}))


def _text(file: Path) -> str:
    try:
        return file.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise Misconfigured(f"CHAT_DOCUMENTS: {file} cannot be read: {error}.") from None
