"""Creating an upload: what is declared about a file, before its bytes are sent."""

from datetime import datetime

from sqlalchemy import Text
from uuid_utils.compat import uuid7

from chat.errors import RefusalCode, Refused
from chat.identity import Identity
from chat.locking import require_viewer
from chat.operation import Transaction, operation
from chat.ports import Chat
from chat.uploads import UploadDraft, check_byte_size, checked_content_type, checked_filename, kind_of
from models.attachments import IS_UNSENT
from models.columns import IDENTIFIER, TIMESTAMPTZ
from models.rows import AttachmentRow
from models.statements import sql

UNSENT_LIMIT = 100
"""How many uploads an agent can have that were neither sent nor have expired."""

# Two calls that both find one free place must not both take it.
_ONE_AT_A_TIME = sql(
    "SELECT pg_advisory_xact_lock(hashtextextended(:account_id || ' uploads of ' || :agent_id, 0))",
    account_id=Text,
    agent_id=Text,
)
_INSERT = sql(
    f"""
    INSERT INTO attachments (account_id, attachment_id, uploader_id, filename, declared_type, kind, byte_size,
                             created_at, expires_at)
    SELECT :account_id, :attachment_id, :uploader_id, :filename, :declared_type, :kind, :byte_size, :now, :expires_at
     WHERE (
            SELECT count(*)
              FROM (
                    SELECT
                      FROM attachments
                     WHERE account_id = :account_id AND uploader_id = :uploader_id AND {IS_UNSENT} AND expires_at > :now
                     LIMIT {UNSENT_LIMIT}
                   ) AS unsent
           ) < {UNSENT_LIMIT}
    RETURNING attachment_id
    """,  # noqa: S608
    account_id=Text,
    attachment_id=IDENTIFIER,
    uploader_id=Text,
    filename=Text,
    declared_type=Text,
    kind=Text,
    now=TIMESTAMPTZ,
    expires_at=TIMESTAMPTZ,
)


async def create_upload(chat: Chat, identity: Identity, draft: UploadDraft) -> AttachmentRow:
    """Returns the upload, whose bytes can be sent until it expires. Raises Refused: RATE_LIMITED if the viewer has too
    many uploads that were not sent."""
    check_byte_size(draft.byte_size, chat.upload_limits.byte_size)
    checked = UploadDraft(checked_filename(draft.filename), checked_content_type(draft.content_type), draft.byte_size)
    return await _insert(chat, identity, checked, chat.clock.now() + chat.upload_limits.lifetime)


@operation
async def _insert(tx: Transaction, draft: UploadDraft, expires_at: datetime) -> AttachmentRow:
    viewer = await require_viewer(tx)
    upload = _row(viewer.agent_id, draft, tx.now, expires_at)
    await tx.fetch(_ONE_AT_A_TIME, agent_id=viewer.agent_id)
    inserted = await tx.fetch(
        _INSERT,
        attachment_id=upload.attachment_id,
        uploader_id=upload.uploader_id,
        filename=upload.filename,
        declared_type=upload.declared_type,
        kind=upload.kind,
        byte_size=upload.byte_size,
        now=upload.created_at,
        expires_at=upload.expires_at,
    )
    if not inserted:
        message = f"You have {UNSENT_LIMIT} uploads that were not sent. Send them, or wait until they expire."
        raise Refused(RefusalCode.RATE_LIMITED, message)
    return upload


def _row(uploader_id: str, draft: UploadDraft, now: datetime, expires_at: datetime) -> AttachmentRow:
    return AttachmentRow(
        attachment_id=uuid7(),
        uploader_id=uploader_id,
        filename=draft.filename,
        declared_type=draft.content_type,
        kind=kind_of(draft.content_type),
        byte_size=draft.byte_size,
        created_at=now,
        expires_at=expires_at,
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
