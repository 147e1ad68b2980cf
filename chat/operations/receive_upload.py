"""Receiving the bytes of an upload.

The file is written and inspected between two transactions. Two calls for one upload write two files: the first one that
is complete becomes the upload's, and the other is deleted.
"""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from hashlib import sha256
from uuid import UUID

from sqlalchemy import Integer, LargeBinary, Text

from chat.errors import RefusalCode, Refused
from chat.identity import Identity
from chat.locking import require_viewer
from chat.operation import Transaction, operation
from chat.ports import Chat, FileFacts, Files, WrittenFile
from chat.unused_files import NewFiles, keep_new_files, list_new_files
from chat.uploads import find_own_upload, known_type, unknown_upload
from models.columns import IDENTIFIER
from models.rows import AttachmentRow
from models.statements import sql

_INTEGERS = range(2**31)
"""What PostgreSQL and GraphQL can hold. A file can claim to last longer."""

_COMPLETE = sql(
    """
    UPDATE attachments
       SET storage_key = :storage_key, thumbnail_key = :thumbnail_key, byte_size = :byte_size, sha256 = :sha256,
           kind = :kind, content_type = :content_type, width = :width, height = :height, duration_ms = :duration_ms,
           waveform = :waveform
     WHERE account_id = :account_id AND attachment_id = :attachment_id AND storage_key IS NULL
    RETURNING attachment_id
    """,
    attachment_id=IDENTIFIER,
    storage_key=Text,
    thumbnail_key=Text,
    sha256=LargeBinary,
    kind=Text,
    content_type=Text,
    width=Integer,
    height=Integer,
    duration_ms=Integer,
    waveform=LargeBinary,
)


@dataclass(frozen=True)
class Reception:
    """An upload whose bytes are being received, and the files that they are written to."""

    upload: AttachmentRow
    files: NewFiles

    @property
    def storage_key(self) -> str:
        return self.files.storage_keys[0]

    @property
    def thumbnail_key(self) -> str:
        return self.files.storage_keys[1]


@dataclass(frozen=True)
class ReceivedFile:
    written: WrittenFile
    facts: FileFacts
    thumbnail_key: str | None


@operation
async def begin_reception(tx: Transaction, attachment_id: UUID, byte_size: int | None) -> Reception:
    """`byte_size` is the size that the client announces, if it does. Raises Refused NOT_FOUND for an upload that is not
    the viewer's or has expired, CONFLICT if its bytes were received before, and INVALID for another size than was
    declared."""
    viewer = await require_viewer(tx)
    upload = await find_own_upload(tx, attachment_id, viewer.agent_id)
    if upload.storage_key is not None:
        raise _received_before()
    if byte_size not in (None, upload.byte_size):
        raise _wrong_size(upload.byte_size)
    return Reception(upload, await list_new_files(tx, 2))


async def receive_upload(chat: Chat, identity: Identity, reception: Reception, chunks: AsyncIterator[bytes]) -> None:
    """Stores and inspects the bytes, and completes the upload. Raises Refused: INVALID unless they are exactly as many
    as declared, CONFLICT if another call was faster, and NOT_FOUND if the upload or its new files were deleted
    meanwhile. Then nothing of them remains stored. After any other failure, it may be unknown whether the upload was
    completed: the files are on the list of unused files if it was not."""
    try:
        received = await store_upload(chat.files, reception, chunks)
        await _complete(chat, identity, reception, received)
    except Refused:
        await chat.files.delete(reception.files.storage_keys)
        raise


async def store_upload(files: Files, reception: Reception, chunks: AsyncIterator[bytes]) -> ReceivedFile:
    """Stores and inspects the bytes. Raises Refused INVALID unless they are exactly as many as declared."""
    upload, key = reception.upload, reception.storage_key
    written = await files.write(key, _of_declared_size(chunks, upload.byte_size), upload.byte_size)
    inspected = await files.inspect(key, written.byte_size, known_type(upload.declared_type), upload.filename)
    if inspected.cleaned is not None:
        await files.put(key, inspected.cleaned)
        written = WrittenFile(len(inspected.cleaned), sha256(inspected.cleaned).digest())
    if inspected.thumbnail is None:
        return ReceivedFile(written, inspected.facts, None)
    await files.put(reception.thumbnail_key, inspected.thumbnail)
    return ReceivedFile(written, inspected.facts, reception.thumbnail_key)


@operation
async def _complete(tx: Transaction, reception: Reception, received: ReceivedFile) -> None:
    if not (await keep_new_files(tx, reception.files) and await _complete_row(tx, reception, received)):
        raise await _not_completed(tx, reception.upload)


async def _complete_row(tx: Transaction, reception: Reception, received: ReceivedFile) -> bool:
    """Returns False if the upload was deleted or completed meanwhile."""
    facts = received.facts
    completed = await tx.fetch(
        _COMPLETE,
        attachment_id=reception.upload.attachment_id,
        storage_key=reception.storage_key,
        thumbnail_key=received.thumbnail_key,
        byte_size=received.written.byte_size,
        sha256=received.written.sha256,
        kind=facts.kind,
        content_type=facts.content_type,
        width=int32_or_none(facts.width),
        height=int32_or_none(facts.height),
        duration_ms=int32_or_none(facts.duration_ms),
        waveform=bytes(facts.waveform) if facts.waveform is not None else None,
    )
    return bool(completed)


async def _not_completed(tx: Transaction, upload: AttachmentRow) -> Refused:
    """Returns CONFLICT if another call completed the upload, otherwise NOT_FOUND."""
    current = await find_own_upload(tx, upload.attachment_id, upload.uploader_id)
    return _received_before() if current.storage_key is not None else unknown_upload()


async def _of_declared_size(chunks: AsyncIterator[bytes], byte_size: int) -> AsyncIterator[bytes]:
    """Passes the chunks on. Raises Refused INVALID unless they have this size together."""
    received = 0
    async for chunk in chunks:
        received += len(chunk)
        if received > byte_size:
            break
        yield chunk
    if received != byte_size:
        raise _wrong_size(byte_size)


def _wrong_size(byte_size: int) -> Refused:
    return Refused(RefusalCode.INVALID, f"The file must have exactly the declared size of {byte_size:,} bytes.")


def _received_before() -> Refused:
    return Refused(RefusalCode.CONFLICT, "The file was uploaded before.")


def int32_or_none(number: int | None) -> int | None:
    """Returns the number if a column can hold it."""
    return number if number is not None and number in _INTEGERS else None
