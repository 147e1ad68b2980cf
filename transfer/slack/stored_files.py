"""Storing the files of messages that are about to be written. Until the messages are, the files are listed as unused,
so an import that ends meanwhile leaves none behind."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple
from uuid import UUID
from zipfile import BadZipFile
from zlib import error as ZlibError

from chat.errors import Refused
from chat.identity import Identity
from chat.message_text import BODY_LENGTH
from chat.operation import operation
from chat.operations.receive_upload import ReceivedFile, Reception, store_upload
from chat.ports import Chat
from chat.unused_files import NewFiles, list_new_files
from chat.uploads import kind_of
from models.rows import AttachmentRow
from transfer.slack.archive import FoundFile
from transfer.slack.drafts import FileDraft, MessageDraft
from transfer.slack.markdown import escaped
from transfer.slack.report import Reason, Report

CHUNK_BYTES = 256 * 1024
KEYS_PER_FILE = 2
"""A file and its thumbnail."""

_UNREADABLE = (Refused, BadZipFile, ZlibError, EOFError, RuntimeError, NotImplementedError, OSError)

_list_new_files = operation(list_new_files)


class StoredFile(NamedTuple):
    keys: Sequence[str]
    """The keys that were listed for the file and its thumbnail, even if it has none."""

    received: ReceivedFile

    @property
    def storage_key(self) -> str:
        return self.keys[0]


@dataclass(frozen=True)
class StoredBatch:
    """Messages whose files are stored. `new` is None if they have none."""

    drafts: Sequence[MessageDraft]
    files: Mapping[UUID, StoredFile]
    new: NewFiles | None

    def files_of(self, drafts: Sequence[MessageDraft]) -> NewFiles | None:
        """Returns the stored files of these messages; None if there are none. The others remain listed as unused."""
        stored = [self.files[file.attachment_id] for draft in drafts for file in draft.files]
        keys = [key for file in stored for key in file.keys]
        return NewFiles(keys, self.new.delete_at) if self.new is not None and keys else None


async def store_files(chat: Chat, identity: Identity, drafts: Sequence[MessageDraft], report: Report) -> StoredBatch:
    """Raises FilesUnavailable. A file that cannot be read becomes a line in its message."""
    count = sum(len(draft.files) for draft in drafts)
    if not count:
        return StoredBatch(drafts, {}, None)
    new = await _list_new_files(chat, identity, count * KEYS_PER_FILE)
    stored: dict[UUID, StoredFile] = {}
    keys = iter(zip(new.storage_keys[::2], new.storage_keys[1::2], strict=True))
    kept = []
    for draft in drafts:
        failed = []
        for file in draft.files:
            reception = Reception(_upload(draft, file), NewFiles(next(keys), new.delete_at))
            try:
                received = await store_upload(chat.files, reception, _chunks(file.content))
                stored[file.attachment_id] = StoredFile(reception.files.storage_keys, received)
            except _UNREADABLE:
                report.add(Reason.FILE_REFUSED, draft.place, file.filename)
                failed.append(file)
        kept.append(_without(draft, failed) if failed else draft)
    return StoredBatch(kept, stored, new)


def _upload(draft: MessageDraft, file: FileDraft) -> AttachmentRow:
    return AttachmentRow(
        attachment_id=file.attachment_id,
        uploader_id=draft.author.agent_id,
        filename=file.filename,
        declared_type=file.declared_type,
        kind=kind_of(file.declared_type),
        byte_size=file.content.byte_size,
        created_at=draft.sent_at,
        expires_at=None,
        storage_key=None,
        thumbnail_key=None,
        content_type=None,
        sha256=None,
        width=None,
        height=None,
        duration_ms=None,
        waveform=None,
        message_id=None,
        place=None,
    )


async def _chunks(content: FoundFile) -> AsyncIterator[bytes]:
    with await asyncio.to_thread(content.open) as file:
        while chunk := await asyncio.to_thread(file.read, CHUNK_BYTES):
            yield chunk


def _without(draft: MessageDraft, failed: Sequence[FileDraft]) -> MessageDraft:
    names = "\n".join(f"📎 {escaped(file.filename)}" for file in failed)
    body = f"{draft.body}\n\n{names}".strip()
    remaining = [file for file in draft.files if file not in failed]
    return replace(draft, files=remaining, body=body if len(body) <= BODY_LENGTH else draft.body)
