"""Attaching uploads to the message that is sent with them."""

from collections.abc import Container, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import ARRAY, Integer, Text

from chat.drafts import InputPaths
from chat.errors import RefusalCode, Refused
from chat.operation import Transaction
from chat.uploads import unknown_upload
from models.attachments import IS_UNSENT
from models.columns import IDENTIFIER, TIMESTAMPTZ
from models.enums import AttachmentKind
from models.rows import MessageRow
from models.statements import sql

ATTACHMENTS_LIMIT = 20

_CAN_BE_SENT = f"""
    account_id = :account_id AND attachment_id = key.attachment_id AND uploader_id = :uploader_id
    AND storage_key IS NOT NULL AND {IS_UNSENT} AND expires_at > :now
"""

# The uploads are found by their ids (see `models.statements.one_row`).
_READ_KINDS = sql(
    f"""
    SELECT key.attachment_id, upload.kind
      FROM unnest(:attachment_ids) AS key (attachment_id)
           CROSS JOIN LATERAL (SELECT kind FROM attachments WHERE {_CAN_BE_SENT} LIMIT 1) AS upload
    """,  # noqa: S608
    account_id=Text,
    uploader_id=Text,
    now=TIMESTAMPTZ,
    attachment_ids=ARRAY(IDENTIFIER),
)

# The uploads are locked in the order of their ids, by everyone. One that was sent, received or deleted meanwhile has
# another ctid or no longer meets the conditions: it is not updated.
_ATTACH = sql(
    f"""
    UPDATE attachments
       SET message_id = :message_id, place = given.place, expires_at = NULL
      FROM (
            SELECT upload.ctid AS ctid, key.place
              FROM unnest(:attachment_ids, :places) AS key (attachment_id, place)
                   CROSS JOIN LATERAL (SELECT ctid FROM attachments WHERE {_CAN_BE_SENT} LIMIT 1) AS upload
           ) AS given
     WHERE attachments.ctid = given.ctid AND {IS_UNSENT}
    RETURNING attachments.attachment_id
    """,  # noqa: S608
    account_id=Text,
    message_id=IDENTIFIER,
    uploader_id=Text,
    now=TIMESTAMPTZ,
    attachment_ids=ARRAY(IDENTIFIER),
    places=ARRAY(Integer),
)


@dataclass(frozen=True)
class AttachmentsPart:
    """The uploads that a draft sends."""

    attachment_ids: tuple[UUID, ...]

    @property
    def can_stand_alone(self) -> bool:
        return bool(self.attachment_ids)

    def check(self, paths: InputPaths) -> None:
        for place, attachment_id in enumerate(self.attachment_ids):
            if place == ATTACHMENTS_LIMIT:
                message = f"A message can have at most {ATTACHMENTS_LIMIT} attachments."
                raise Refused(RefusalCode.INVALID, message, *paths.attachment(place))
            if attachment_id in self.attachment_ids[:place]:
                message = "A message can contain an upload only once."
                raise Refused(RefusalCode.INVALID, message, *paths.attachment(place))

    def hash_input(self) -> Sequence[object]:
        return [{"attachments": list(self.attachment_ids)}] if self.attachment_ids else []


async def read_kinds(
    tx: Transaction, author_id: str, attachment_ids: Sequence[UUID], paths: InputPaths
) -> frozenset[AttachmentKind]:
    """Returns the kinds of the author's uploads. Raises Refused as `attach_uploads` does."""
    if not attachment_ids:
        return frozenset()
    found = await tx.fetch(_READ_KINDS, uploader_id=author_id, now=tx.now, attachment_ids=attachment_ids)
    kinds = {attachment_id: AttachmentKind(kind) for attachment_id, kind in found}
    _check_all_found(attachment_ids, kinds, paths)
    return frozenset(kinds.values())


async def attach_uploads(
    tx: Transaction, message: MessageRow, attachment_ids: Sequence[UUID], paths: InputPaths
) -> None:
    """Makes the author's uploads attachments of the message, in this order. Raises Refused NOT_FOUND for the first one
    that is not an upload of the author, is incomplete, or was sent or has expired: the same for all."""
    if not attachment_ids:
        return
    places = sorted(range(len(attachment_ids)), key=attachment_ids.__getitem__)
    attached = await tx.fetch(
        _ATTACH,
        message_id=message.message_id,
        uploader_id=message.author_id,
        now=tx.now,
        attachment_ids=[attachment_ids[place] for place in places],
        places=places,
    )
    _check_all_found(attachment_ids, {attachment_id for (attachment_id,) in attached}, paths)


def _check_all_found(attachment_ids: Sequence[UUID], found: Container[UUID], paths: InputPaths) -> None:
    for place, attachment_id in enumerate(attachment_ids):
        if attachment_id not in found:
            raise unknown_upload(*paths.attachment(place))
