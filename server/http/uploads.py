"""Receiving the bytes of uploads: `PUT /uploads/<token>`.

The signed token in the path is the only credential. It names the upload, whose uploader must still be allowed to use
the chat. The bytes are passed on to the storage as they arrive: while it is slow, uvicorn reads nothing from the
client.
"""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from chat.errors import DenialCode, Denied, RefusalCode, Refused
from chat.identity import AgentToken
from chat.operations.receive_upload import begin_reception, receive_upload
from chat.ports import Chat, FilesUnavailable
from files.links import FileLinks, UploadLink
from loaders.attachments import read_attachment
from loaders.batches import DATABASE_FAILURES
from models.rows import AttachmentRow
from server.http.extensions import abort_connection
from server.http.file_errors import (
    database_unavailable,
    error_response,
    method_not_allowed,
    storage_unavailable,
    too_many_uploads,
    unknown_link,
)
from server.http.receptions import Receptions
from server.limits.usage import TooMany

UPLOAD_SECONDS = 3600.0
"""How long the bytes may take to arrive. Shorter than `chat.unused_files.WRITE_LEASE`."""

STATUSES = {RefusalCode.CONFLICT: 409}


class ClientStalled(Exception):
    """The client sends nothing, or too slowly."""


@dataclass(frozen=True)
class UploadEndpoint:
    """An ASGI application. `stall_seconds` is how long a client may send nothing."""

    chat: Chat
    links: FileLinks
    stall_seconds: float
    receptions: Receptions = field(default_factory=Receptions)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope)
        try:
            response = await self._respond(request, receive)
        except ClientDisconnect:
            return
        except ClientStalled:
            response = error_response(408, DenialCode.BAD_USER_INPUT, "The file did not arrive in time.")
            await response(scope, receive, send)
            abort_connection(scope)
            return
        except DATABASE_FAILURES as error:
            response = database_unavailable(error)
        await response(scope, receive, send)

    async def _respond(self, request: Request, receive: Receive) -> Response:
        if request.method != "PUT":
            return method_not_allowed("PUT")
        link = self.links.verify(request.path_params["token"], self.chat.clock.now())
        if not isinstance(link, UploadLink):
            return unknown_link()
        upload = await self._find(link)
        if upload is None:
            return unknown_link()
        uploader = AgentToken(link.account_id, upload.uploader_id, expires_at=self.chat.clock.now())
        try:
            with self.receptions.admitted(link.account_id, upload.uploader_id, upload.attachment_id):
                await self._receive(uploader, upload, request, receive)
        except TooMany:
            return too_many_uploads()
        except Refused as refused:
            return _refusal(refused)
        except Denied as denied:
            return error_response(403, denied.code, denied.message)
        except FilesUnavailable:
            return storage_unavailable()
        return Response(status_code=204)

    async def _find(self, link: UploadLink) -> AttachmentRow | None:
        async with self.chat.database.connection(link.account_id) as connection:
            return await read_attachment(connection, link.account_id, link.attachment_id)

    async def _receive(self, uploader: AgentToken, upload: AttachmentRow, request: Request, receive: Receive) -> None:
        reception = await begin_reception(self.chat, uploader, upload.attachment_id, _announced_size(request))
        try:
            async with asyncio.timeout(UPLOAD_SECONDS) as limit:
                await receive_upload(self.chat, uploader, reception, self._chunks(receive))
        except TimeoutError:
            if limit.expired():
                raise ClientStalled from None
            raise  # a timeout of the database

    async def _chunks(self, receive: Receive) -> AsyncIterator[bytes]:
        """Yields the body of the request. Raises ClientDisconnect or ClientStalled."""
        more = True
        while more:
            try:
                async with asyncio.timeout(self.stall_seconds):
                    message = await receive()
            except TimeoutError:
                raise ClientStalled from None
            if message["type"] == "http.disconnect":
                raise ClientDisconnect
            if body := message.get("body", b""):
                yield body
            more = message.get("more_body", False)


def _announced_size(request: Request) -> int | None:
    """Returns None if the client sends the body in chunks. The HTTP server has checked that the header is a number."""
    announced = request.headers.get("content-length")
    return int(announced) if announced is not None else None


def _refusal(refused: Refused) -> Response:
    if refused.code == RefusalCode.NOT_FOUND:
        return unknown_link()
    return error_response(STATUSES.get(refused.code, 400), refused.code, refused.message)
