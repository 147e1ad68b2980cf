"""Attaching uploads to the message that is sent with them."""

from collections.abc import Sequence
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

# The uploads are found by their ids (see `models.statements.one_row`) and locked in that order, by everyone. One that
# was sent, received or deleted meanwhile has another ctid or no longer meets the conditions: it is not updated.
_ATTACH = sql(
    f"""
    UPDATE attachments
       SET message_id = :message_id, place = given.place, expires_at = NULL
      FROM (
            SELECT upload.ctid AS ctid, key.place
              FROM unnest(:attachment_ids, :places) AS key (attachment_id, place)
                   CROSS JOIN LATERAL (
                    SELECT ctid
                      FROM attachments
                     WHERE account_id = :account_id AND attachment_id = key.attachment_id
                       AND uploader_id = :uploader_id AND storage_key IS NOT NULL AND {IS_UNSENT} AND expires_at > :now
                     LIMIT 1
                   ) AS upload
           ) AS given
     WHERE attachments.ctid = given.ctid AND {IS_UNSENT}
    RETURNING attachments.attachment_id, attachments.kind
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
    def suffices(self) -> bool:
        return bool(self.attachment_ids)

    def check(self, paths: InputPaths) -> None:
        for place, attachment_id in enumerate(self.attachment_ids):
            if place == ATTACHMENTS_LIMIT:
                message = f"A message can have at most {ATTACHMENTS_LIMIT} attachments."
                raise Refused(RefusalCode.INVALID, message, *paths.attachment(place))
            if attachment_id in self.attachment_ids[:place]:
                message = "A message can contain an upload only once."
                raise Refused(RefusalCode.INVALID, message, *paths.attachment(place))

    def hashed(self) -> Sequence[object]:
        return [{"attachments": list(self.attachment_ids)}] if self.attachment_ids else []


async def attach_uploads(
    tx: Transaction, message: MessageRow, attachment_ids: Sequence[UUID], paths: InputPaths
) -> frozenset[AttachmentKind]:
    """Makes the author's uploads attachments of the message, in this order, and returns their kinds. Raises Refused
    NOT_FOUND for the first one that is not an upload of the author, is incomplete, or was sent or has expired: the same
    for all."""
    if not attachment_ids:
        return frozenset()
    places = sorted(range(len(attachment_ids)), key=attachment_ids.__getitem__)
    attached = await tx.fetch(
        _ATTACH,
        message_id=message.message_id,
        uploader_id=message.author_id,
        now=tx.now,
        attachment_ids=[attachment_ids[place] for place in places],
        places=places,
    )
    kinds = {attachment_id: AttachmentKind(kind) for attachment_id, kind in attached}
    for place, attachment_id in enumerate(attachment_ids):
        if attachment_id not in kinds:
            raise unknown_upload(*paths.attachment(place))
    return frozenset(kinds.values())
