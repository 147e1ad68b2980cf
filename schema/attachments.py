"""Attachments of messages, and uploads."""

import strawberry

from files.links import Variant
from models.enums import AttachmentKind
from models.rows import AttachmentRow
from schema.context import Info, Services
from schema.ids import Prefix, public_id


@strawberry.type(
    name="ChatAttachment",
    description="A file of a message, or an upload that was not sent yet. Until its bytes were received, an upload has"
    " only what was declared about it.",
)
class Attachment:
    account_id: strawberry.Private[str]
    row: strawberry.Private[AttachmentRow]

    @strawberry.field(description="An opaque id: att_…")
    def id(self) -> strawberry.ID:
        return public_id(Prefix.ATTACHMENT, self.row.attachment_id)

    @strawberry.field(description="The kind of file.")
    def kind(self) -> AttachmentKind:
        return self.row.kind

    @strawberry.field(description="The name of the file, without a folder.")
    def filename(self) -> str:
        return self.row.filename

    @strawberry.field(
        description="The media type, determined from the bytes. For unknown bytes, the declared type if it is harmless,"
        " otherwise application/octet-stream."
    )
    def content_type(self) -> str:
        return self.row.content_type or self.row.declared_type

    @strawberry.field(
        description="The size in bytes. It can be less than the uploaded size, because metadata is removed from images."
    )
    def byte_size(self) -> int:
        return self.row.byte_size

    @strawberry.field(
        description=(
            "The address of the file. It works without a token, for a few minutes: read it again when it is needed."
            " Supports range requests. Types that browsers could execute are offered as downloads."
        )
    )
    def url(self, info: Info) -> str:
        return self._link(info.context.services, Variant.ORIGINAL)

    @strawberry.field(description="The address of a small image, in the same way as `url`. Null if there is none.")
    def thumbnail_url(self, info: Info) -> str | None:
        if self.row.thumbnail_key is None:
            return None
        return self._link(info.context.services, Variant.THUMBNAIL)

    @strawberry.field(description="The width of an image in pixels, as it is shown. Null if unknown.")
    def width(self) -> int | None:
        return self.row.width

    @strawberry.field(description="The height of an image in pixels, as it is shown. Null if unknown.")
    def height(self) -> int | None:
        return self.row.height

    @strawberry.field(description="The duration of an audio file in milliseconds. Null if unknown.")
    def duration_ms(self) -> int | None:
        return self.row.duration_ms

    @strawberry.field(
        description="The peaks of an audio file in 64 equal parts of its duration, 0 to 100. Null if unknown."
    )
    def waveform(self) -> list[int] | None:
        return list(self.row.waveform) if self.row.waveform is not None else None

    def _link(self, services: Services, variant: Variant) -> str:
        return services.links.download(self.account_id, self.row.attachment_id, variant, services.chat.clock.now())
