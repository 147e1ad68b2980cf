"""The root field of uploads."""

import strawberry

from chat.operations.create_upload import create_upload
from chat.uploads import UploadDraft
from resolvers.mutation import mutation
from schema.attachments import Attachment
from schema.context import RequestInfo
from schema.payloads import CreateUploadPayload
from schema.upload_inputs import CreateUploadInput


@strawberry.type
class UploadsMutation:
    @mutation(CreateUploadPayload, "Creates an upload. The client sends its bytes, and then a message with its id.")
    async def create_chat_upload(self, info: RequestInfo, input: CreateUploadInput) -> CreateUploadPayload:
        draft = UploadDraft(input.filename, input.content_type, input.byte_size)
        token = info.context.token
        upload = await create_upload(info.context.chat, token, draft)
        assert upload.expires_at is not None
        return CreateUploadPayload(
            attachment=Attachment(account_id=token.account_id, row=upload),
            upload_url=info.context.services.links.upload(token.account_id, upload.attachment_id, upload.expires_at),
            expires_at=upload.expires_at,
        )
