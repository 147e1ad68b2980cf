"""The attachments of messages, and the file behind a link."""

from collections import defaultdict
from typing import Any
from uuid import UUID

from sqlalchemy import Select, and_, bindparam, select
from sqlmodel import col

from models import Attachment, Channel
from models.columns import ACCOUNT_ID, IDENTIFIER
from models.database import Connection
from models.rows import AttachmentRow, columns, to_row
from models.statements import Statement, keys_table, rows_of_keys


def _select_attachments() -> Select[*tuple[Any, ...]]:
    """The attachments of each message are in the order of their places."""
    keys = keys_table(message_id=IDENTIFIER)
    has_key = and_(col(Attachment.account_id) == ACCOUNT_ID, col(Attachment.message_id) == keys.c.message_id)
    return rows_of_keys(keys, select(*columns(AttachmentRow)).where(has_key).order_by(col(Attachment.place)))


_ATTACHMENTS = Statement(_select_attachments())
_ATTACHMENT = Statement(
    select(*columns(AttachmentRow)).where(
        col(Attachment.account_id) == ACCOUNT_ID, col(Attachment.attachment_id) == bindparam("attachment_id")
    )
)
_AVATAR = Statement(
    select(col(Channel.avatar_key)).where(
        col(Channel.account_id) == ACCOUNT_ID, col(Channel.avatar_key) == bindparam("avatar_key")
    )
)


async def load_attachments(
    connection: Connection, account_id: str, message_ids: list[UUID]
) -> dict[UUID, list[AttachmentRow]]:
    """Returns attachments without an access check: whoever reads the message may see them."""
    found: dict[UUID, list[AttachmentRow]] = defaultdict(list)
    for record in await _ATTACHMENTS.fetch(connection, account_id=account_id, message_ids=message_ids):
        attachment = to_row(AttachmentRow, record)
        assert attachment.message_id is not None
        found[attachment.message_id].append(attachment)
    return found


async def read_attachment(connection: Connection, account_id: str, attachment_id: UUID) -> AttachmentRow | None:
    """Returns the attachment or upload that a link names, for callers that have verified the link."""
    records = await _ATTACHMENT.fetch(connection, account_id=account_id, attachment_id=attachment_id)
    return to_row(AttachmentRow, records[0]) if records else None


async def read_avatar_key(connection: Connection, account_id: str, avatar_id: UUID) -> str | None:
    """Returns the storage key of the image with this id, if a channel still has it as its avatar."""
    records = await _AVATAR.fetch(connection, account_id=account_id, avatar_key=avatar_id.hex)
    return records[0][0] if records else None
