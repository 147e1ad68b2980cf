"""The files behind links, as they are now."""

from dataclasses import dataclass
from hashlib import sha256

from chat.ports import Clock
from files.content_types import is_inline
from files.links import DownloadLink, FileLinks, Variant
from loaders.attachments import read_attachment, read_avatar_key
from models.database import Database
from models.rows import AttachmentRow

THUMBNAIL_TYPE = "image/webp"
ATTACHMENT_CACHE = "private, max-age=300"
AVATAR_CACHE = "private, max-age=172800, immutable"
"""A new avatar has a new link, and no link works for more than two days."""


@dataclass(frozen=True)
class LinkedFile:
    """A stored file. `byte_size` is None if only the storage knows it, and `filename` if it has none. A file that is
    not inline is offered as a download."""

    storage_key: str
    content_type: str
    etag: str
    cache_control: str
    byte_size: int | None = None
    filename: str | None = None

    @property
    def inline(self) -> bool:
        return is_inline(self.content_type)


@dataclass(frozen=True)
class LinkedFiles:
    database: Database
    links: FileLinks
    clock: Clock

    async def find(self, token: str) -> LinkedFile | None:
        """Returns the file that the link names; None if the link does not work or the file was deleted."""
        link = self.links.verify(token, self.clock.now())
        if not isinstance(link, DownloadLink):
            return None
        async with self.database.connection(link.account_id) as connection:
            if link.variant == Variant.AVATAR:
                return _avatar(await read_avatar_key(connection, link.account_id, link.attachment_id))
            row = await read_attachment(connection, link.account_id, link.attachment_id)
        if row is None:
            return None
        return _thumbnail(row) if link.variant == Variant.THUMBNAIL else _original(row)


def _avatar(storage_key: str | None) -> LinkedFile | None:
    if storage_key is None:
        return None
    return LinkedFile(storage_key, THUMBNAIL_TYPE, _etag_of_key(storage_key), AVATAR_CACHE)


def _original(row: AttachmentRow) -> LinkedFile | None:
    if row.storage_key is None or row.content_type is None or row.sha256 is None:
        return None
    etag = f'"{row.sha256.hex()}"'
    return LinkedFile(row.storage_key, row.content_type, etag, ATTACHMENT_CACHE, row.byte_size, row.filename)


def _thumbnail(row: AttachmentRow) -> LinkedFile | None:
    if row.thumbnail_key is None:
        return None
    return LinkedFile(row.thumbnail_key, THUMBNAIL_TYPE, _etag_of_key(row.thumbnail_key), ATTACHMENT_CACHE)


def _etag_of_key(storage_key: str) -> str:
    """A key is used for one content only. It is not disclosed."""
    return f'"{sha256(storage_key.encode()).hexdigest()}"'
