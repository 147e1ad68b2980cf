"""Uploads: what their uploader declares about them, and reading them."""

import re
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import bindparam, select
from sqlmodel import col

from chat.errors import RefusalCode, Refused
from chat.locking import not_found
from chat.naming import checked_text, clean_name, is_visible
from chat.operation import Transaction
from models import Attachment
from models.columns import ACCOUNT_ID
from models.enums import AttachmentKind
from models.rows import AttachmentRow, columns, to_row
from models.statements import Statement

FILENAME_LENGTH = 255
UNKNOWN_TYPE = "application/octet-stream"

_SEPARATORS = re.compile(r"[/\\]")
_NAME = r"[a-z0-9][a-z0-9!#$&^_.+-]{0,126}"
_CONTENT_TYPE = re.compile(f"{_NAME}/{_NAME}")
_KINDS = {"image": AttachmentKind.IMAGE, "audio": AttachmentKind.AUDIO, "video": AttachmentKind.VIDEO}

_OWN_UPLOAD = Statement(
    select(*columns(AttachmentRow)).where(
        col(Attachment.account_id) == ACCOUNT_ID,
        col(Attachment.attachment_id) == bindparam("attachment_id"),
        col(Attachment.uploader_id) == bindparam("agent_id"),
    )
)


@dataclass(frozen=True)
class UploadDraft:
    filename: str
    content_type: str
    byte_size: int


async def find_own_upload(tx: Transaction, attachment_id: UUID, agent_id: str, *path: str) -> AttachmentRow:
    """Returns a file that the agent uploads or has uploaded, sent or not. Raises Refused NOT_FOUND if there is none, or
    if it has expired."""
    row = await tx.fetch_row(_OWN_UPLOAD, attachment_id=attachment_id, agent_id=agent_id)
    if row is None:
        raise unknown_upload(*path)
    upload = to_row(AttachmentRow, row)
    if upload.expires_at is not None and upload.expires_at <= tx.now:
        raise unknown_upload(*path)
    return upload


def unknown_upload(*path: str) -> Refused:
    return not_found("upload", *path)


def check_byte_size(byte_size: int, limit: int) -> None:
    """Raises Refused TOO_LARGE, or INVALID for an empty file."""
    if byte_size > limit:
        raise Refused(RefusalCode.TOO_LARGE, f"A file can have at most {limit:,} bytes.", "byteSize")
    if byte_size < 1:
        raise Refused(RefusalCode.INVALID, "A file must have at least one byte.", "byteSize")


def checked_filename(filename: str) -> str:
    """Returns the name without folders and cleaned as other names are. Raises Refused INVALID for more than 255
    characters, or without a visible one."""
    name = clean_name(_SEPARATORS.split(checked_text(filename, "filename"))[-1])
    if len(name) > FILENAME_LENGTH:
        raise Refused(RefusalCode.INVALID, f"A file name can have at most {FILENAME_LENGTH} characters.", "filename")
    if not is_visible(name) or not name.strip(". "):
        raise Refused(RefusalCode.INVALID, "A file name needs at least one visible character.", "filename")
    return name


def checked_content_type(content_type: str) -> str:
    """Returns the media type in lower case and without parameters. Browsers send an empty text for an unknown type.
    Raises Refused INVALID."""
    essence = content_type.partition(";")[0].strip().lower()
    if not essence:
        return UNKNOWN_TYPE
    if not _CONTENT_TYPE.fullmatch(essence):
        raise Refused(RefusalCode.INVALID, "A content type must have the form type/subtype.", "contentType")
    return essence


def known_type(declared_type: str) -> str:
    """Returns the declared type for the inspection of the file; an empty text if it is the one for unknown files."""
    return "" if declared_type == UNKNOWN_TYPE else declared_type


def kind_of(content_type: str) -> AttachmentKind:
    return _KINDS.get(content_type.partition("/")[0], AttachmentKind.FILE)
