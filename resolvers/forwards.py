"""The root field of forwarding messages."""

import strawberry

from chat.operations.forward_message import ForwardDraft, forward_message
from resolvers.drafts import destination
from resolvers.mutation import mutation
from schema.context import RequestInfo
from schema.forwards import ForwardMessageInput
from schema.ids import message_id
from schema.messages import message_of
from schema.payloads import ForwardMessagePayload


@strawberry.type
class ForwardsMutation:
    @mutation(
        ForwardMessagePayload,
        "Forwards a message to a channel or a direct message. The new message quotes the original's text, has copies of"
        " its attachments, and shares its cards again on behalf of the viewer: SHARE_DENIED if the viewer may not see"
        " one of the items.",
    )
    async def forward_chat_message(self, info: RequestInfo, input: ForwardMessageInput) -> ForwardMessagePayload:
        to = destination(input.destination)
        draft = ForwardDraft(message_id(input.message_id), to, input.body, input.client_key)
        forward = await forward_message(info.context.chat, info.context.token, draft)
        return ForwardMessagePayload(message=await message_of(info.context, forward))
