"""The attachments of imported messages."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from sqlalchemy import ARRAY, BigInteger, Integer, LargeBinary, Text

from chat.operation import Transaction
from chat.operations.receive_upload import int32_or_none
from models.columns import IDENTIFIER, TEXT_ARRAY, TIMESTAMPTZ
from models.statements import sql
from transfer.slack.drafts import FileDraft, MessageDraft
from transfer.slack.stored_files import StoredFile

_INSERT = sql(
    """
    INSERT INTO attachments (account_id, attachment_id, message_id, place, uploader_id, created_at, filename,
                             declared_type, storage_key, thumbnail_key, kind, content_type, byte_size, sha256, width,
                             height, duration_ms, waveform)
    SELECT :account_id, given.*
      FROM unnest(:ids, :message_ids, :places, :uploader_ids, :times, :filenames, :declared_types, :storage_keys,
                  :thumbnail_keys, :kinds, :content_types, :byte_sizes, :digests, :widths, :heights, :durations,
                  :waveforms) AS given
    """,
    account_id=Text,
    ids=ARRAY(IDENTIFIER),
    message_ids=ARRAY(IDENTIFIER),
    places=ARRAY(Integer),
    uploader_ids=TEXT_ARRAY,
    times=ARRAY(TIMESTAMPTZ),
    filenames=TEXT_ARRAY,
    declared_types=TEXT_ARRAY,
    storage_keys=TEXT_ARRAY,
    thumbnail_keys=TEXT_ARRAY,
    kinds=TEXT_ARRAY,
    content_types=TEXT_ARRAY,
    byte_sizes=ARRAY(BigInteger),
    digests=ARRAY(LargeBinary),
    widths=ARRAY(Integer),
    heights=ARRAY(Integer),
    durations=ARRAY(Integer),
    waveforms=ARRAY(LargeBinary),
)


async def write_attachments(tx: Transaction, drafts: Sequence[MessageDraft], stored: Mapping[UUID, StoredFile]) -> int:
    """Returns how many attachments were written."""
    rows = [
        _row(draft, place, file, stored[file.attachment_id])
        for draft in drafts
        for place, file in enumerate(draft.files)
    ]
    if rows:
        columns = zip(*rows, strict=True)
        await tx.fetch(_INSERT, **{name: list(column) for name, column in zip(_PARAMETERS, columns, strict=True)})
    return len(rows)


_PARAMETERS = (
    "ids",
    "message_ids",
    "places",
    "uploader_ids",
    "times",
    "filenames",
    "declared_types",
    "storage_keys",
    "thumbnail_keys",
    "kinds",
    "content_types",
    "byte_sizes",
    "digests",
    "widths",
    "heights",
    "durations",
    "waveforms",
)


def _row(draft: MessageDraft, place: int, file: FileDraft, stored: StoredFile) -> tuple[object, ...]:
    written, facts, thumbnail_key = stored.received.written, stored.received.facts, stored.received.thumbnail_key
    return (
        file.attachment_id,
        draft.message_id,
        place,
        draft.author.agent_id,
        draft.sent_at,
        file.filename,
        file.declared_type,
        stored.storage_key,
        thumbnail_key,
        facts.kind,
        facts.content_type,
        written.byte_size,
        written.sha256,
        int32_or_none(facts.width),
        int32_or_none(facts.height),
        int32_or_none(facts.duration_ms),
        bytes(facts.waveform) if facts.waveform is not None else None,
    )
