"""Copying the attachments of a message for a forward of it. A forward has files of its own, so deleting the original
can delete its files.

The files are copied between two transactions, so that no lock is held while the storage works. Until the second one
keeps them, they are listed as unused: a forward that is not written leaves nothing behind.
"""

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import ARRAY, Text

from chat.errors import RefusalCode, Refused
from chat.identity import Identity
from chat.locking import not_found
from chat.operation import Transaction, operation
from chat.ports import Chat, Files, FilesUnavailable
from chat.unused_files import NewFiles, keep_new_files, list_new_files
from models.columns import IDENTIFIER, TEXT_ARRAY, TIMESTAMPTZ
from models.enums import AttachmentKind
from models.rows import MessageRow
from models.statements import sql

CONCURRENT_COPIES = 8
COPY_SECONDS = 30.0
"""How long the copies of one forward may take together."""

_ORIGINALS = sql(
    """
    SELECT attachment_id, kind, storage_key, thumbnail_key
      FROM attachments
     WHERE account_id = :account_id AND message_id = :message_id
     ORDER BY place
    """
)

# The originals are found by their ids (see `models.statements.one_row`), unless they were deleted meanwhile.
_INSERT = sql(
    """
    INSERT INTO attachments (account_id, attachment_id, uploader_id, filename, declared_type, kind, byte_size,
                             created_at, storage_key, thumbnail_key, content_type, sha256, width, height,
                             duration_ms, waveform, message_id, place)
    SELECT :account_id, gen_random_uuid(), :agent_id, filename, declared_type, kind, byte_size, :now,
           copy.storage_key, copy.thumbnail_key, content_type, sha256, width, height, duration_ms, waveform,
           :message_id, place
      FROM unnest(:attachment_ids, :storage_keys, :thumbnail_keys) AS copy (original_id, storage_key, thumbnail_key)
           CROSS JOIN LATERAL (
            SELECT filename, declared_type, kind, byte_size, content_type, sha256, width, height, duration_ms, waveform,
                   place
              FROM attachments
             WHERE account_id = :account_id AND attachment_id = copy.original_id
             LIMIT 1
           ) AS original
    RETURNING attachment_id
    """,
    account_id=Text,
    message_id=IDENTIFIER,
    agent_id=Text,
    now=TIMESTAMPTZ,
    attachment_ids=ARRAY(IDENTIFIER),
    storage_keys=TEXT_ARRAY,
    thumbnail_keys=TEXT_ARRAY,
)

_list_new_files = operation(list_new_files)


class AttachmentFiles(NamedTuple):
    """The keys of an attachment's files, or of their copies. The thumbnail is None if the attachment has none."""

    attachment_id: UUID
    kind: AttachmentKind
    storage_key: str
    thumbnail_key: str | None


@dataclass(frozen=True)
class CopiedFiles:
    files: Sequence[AttachmentFiles]
    new: NewFiles

    @property
    def kinds(self) -> frozenset[AttachmentKind]:
        return frozenset(file.kind for file in self.files)


async def read_files(tx: Transaction, message_id: UUID) -> Sequence[AttachmentFiles]:
    """Returns the files of a message, in the order of its attachments."""
    records = await tx.fetch(_ORIGINALS, message_id=message_id)
    return [AttachmentFiles(id, AttachmentKind(kind), *keys) for id, kind, *keys in records]


async def copy_files(chat: Chat, identity: Identity, originals: Sequence[AttachmentFiles]) -> CopiedFiles | None:
    """Returns copies of the files; None if there are none. Raises Refused SOURCE_UNAVAILABLE if the storage does not
    answer, or not in time."""
    sources = [key for _, _, *keys in originals for key in keys if key is not None]
    if not sources:
        return None
    new = await _list_new_files(chat, identity, len(sources))
    targets = dict(zip(sources, new.storage_keys, strict=True))
    try:
        async with asyncio.timeout(COPY_SECONDS):
            await _copy_all(chat.files, targets)
    except (FilesUnavailable, TimeoutError):
        raise storage_unavailable() from None
    copies = [
        file._replace(
            storage_key=targets[file.storage_key],
            thumbnail_key=targets[file.thumbnail_key] if file.thumbnail_key is not None else None,
        )
        for file in originals
    ]
    return CopiedFiles(copies, new)


async def delete_copies(files: Files, copied: CopiedFiles | None) -> None:
    """Deletes copies that were not kept. If the storage does not answer, they are deleted later: they are still listed
    as unused."""
    if copied is not None:
        with suppress(FilesUnavailable):
            await files.delete(copied.new.storage_keys)


async def _copy_all(files: Files, targets: Mapping[str, str]) -> None:
    """Copies each file to its target. Raises the first failure when no copy is running any more."""
    places = asyncio.Semaphore(CONCURRENT_COPIES)

    async def copy(source: str, target: str) -> None:
        async with places:
            await files.copy(source, target)

    results = await asyncio.gather(*(copy(*each) for each in targets.items()), return_exceptions=True)
    for failure in filter(None, results):
        raise failure


async def write_copies(tx: Transaction, message: MessageRow, copied: CopiedFiles) -> None:
    """Makes the copies attachments of the message. Raises Refused NOT_FOUND if the original was deleted meanwhile."""
    inserted = await tx.fetch(
        _INSERT,
        message_id=message.message_id,
        agent_id=message.author_id,
        now=tx.now,
        attachment_ids=[file.attachment_id for file in copied.files],
        storage_keys=[file.storage_key for file in copied.files],
        thumbnail_keys=[file.thumbnail_key for file in copied.files],
    )
    if len(inserted) < len(copied.files):
        raise not_found("message", "messageId")
    if not await keep_new_files(tx, copied.new):
        raise storage_unavailable()


def storage_unavailable() -> Refused:
    message = "The storage of files does not answer. Try again later."
    return Refused(RefusalCode.SOURCE_UNAVAILABLE, message, "messageId")
