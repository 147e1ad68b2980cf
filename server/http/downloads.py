"""Serving files and avatars: `GET /files/<token>`.

The signed token in the path is the only credential. It was given to someone who may read the message. What it names is
looked up nevertheless, so the link of a deleted file does not work any more.
"""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.types import Receive, Scope, Send

from chat.ports import FilesUnavailable
from files.storage import FileMissing
from loaders.batches import DATABASE_FAILURES
from server.file_store import StoredFiles
from server.http.file_errors import (
    database_unavailable,
    method_not_allowed,
    storage_unavailable,
    unknown_link,
    unsatisfiable_range,
)
from server.http.ranges import ByteRange, UnsatisfiableRange, requested_range
from server.linked_files import LinkedFile, LinkedFiles

SAFE_HEADERS = {
    "x-content-type-options": "nosniff",
    "content-security-policy": "sandbox; default-src 'none'",
    "referrer-policy": "no-referrer",
    # Front ends on other origins show the files. Whoever has the link may read them.
    "cross-origin-resource-policy": "cross-origin",
    "accept-ranges": "bytes",
}


@dataclass(frozen=True)
class DownloadEndpoint:
    """An ASGI application."""

    linked: LinkedFiles
    files: StoredFiles

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            response = await self._respond(Request(scope))
        except DATABASE_FAILURES as error:
            response = database_unavailable(error)
        await response(scope, receive, send)

    async def _respond(self, request: Request) -> Response:
        if request.method not in ("GET", "HEAD"):
            return method_not_allowed("GET, HEAD")
        file = await self.linked.find(request.path_params["token"])
        if file is None:
            return unknown_link()
        if _client_has_current(request, file):
            return Response(status_code=304, headers=_headers(file))
        try:
            return await self._content(request, file)
        except FileMissing:
            return unknown_link()
        except FilesUnavailable:
            return storage_unavailable()
        except UnsatisfiableRange as unsatisfiable:
            return unsatisfiable_range(unsatisfiable.size)

    async def _content(self, request: Request, file: LinkedFile) -> Response:
        size = file.byte_size if file.byte_size is not None else await self.files.size(file.storage_key)
        part = requested_range(_range_header(request, file), size)
        sent = part or ByteRange(0, size, size)
        status, headers = 200, _headers(file) | {"content-length": str(sent.length)}
        if part is not None:
            status, headers = 206, headers | {"content-range": part.content_range}
        if request.method == "HEAD":
            return Response(None, status, headers)
        chunks = self.files.read(file.storage_key, sent.start, sent.end)
        # Read before the status is sent, which depends on whether the storage has the file.
        first = await anext(chunks, b"")
        return StreamingResponse(_with_first(first, chunks), status, headers)


async def _with_first(first: bytes, others: AsyncGenerator[bytes, None]) -> AsyncGenerator[bytes, None]:
    async with aclosing(others):
        yield first
        async for chunk in others:
            yield chunk


def _client_has_current(request: Request, file: LinkedFile) -> bool:
    """Returns whether the client has the file already."""
    known = request.headers.get("if-none-match", "")
    return known.strip() == "*" or file.etag in (tag.strip().removeprefix("W/") for tag in known.split(","))


def _range_header(request: Request, file: LinkedFile) -> str | None:
    """Returns the requested range, unless the client has a part of another file. Only GET has ranges."""
    if request.method != "GET":
        return None
    condition = request.headers.get("if-range")
    return request.headers.get("range") if condition is None or condition.strip() == file.etag else None


def _headers(file: LinkedFile) -> dict[str, str]:
    return SAFE_HEADERS | {
        "content-type": file.content_type,
        "content-disposition": content_disposition(file),
        "etag": file.etag,
        "cache-control": file.cache_control,
    }


def content_disposition(file: LinkedFile) -> str:
    """Returns the header with the file's name as it is (RFC 6266, RFC 8187), and in ASCII for clients that do not know
    that form."""
    disposition = "inline" if file.inline else "attachment"
    if file.filename is None:
        return disposition
    ascii_name = file.filename.encode("ascii", "replace").decode().replace("?", "_")
    quoted = ascii_name.replace("\\", "_").replace('"', "_").replace("%", "_")
    return f"{disposition}; filename=\"{quoted}\"; filename*=UTF-8''{quote(file.filename, safe='')}"
