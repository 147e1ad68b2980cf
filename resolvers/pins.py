"""The root fields of pinned messages."""

import strawberry

from chat.operations.pins import pin_message, unpin_message
from resolvers.mutation import mutation
from schema.context import RequestInfo
from schema.ids import message_id
from schema.message_inputs import PinMessageInput, UnpinMessageInput
from schema.messages import message_of
from schema.payloads import PinMessagePayload, UnpinMessagePayload


@strawberry.type
class PinsMutation:
    @mutation(
        PinMessagePayload,
        "Pins a message in its channel, and posts a system message about it. Owners and admins of the channel and"
        " account administrators can, both agents of a direct message and, unless the account's setting `membersPin` is"
        " false, every member of a channel of up to 50 members. A channel has at most 100 pinned messages.",
    )
    async def pin_chat_message(self, info: RequestInfo, input: PinMessageInput) -> PinMessagePayload:
        pinned = await pin_message(info.context.chat, info.context.token, message_id(input.message_id))
        return PinMessagePayload(message=await message_of(info.context, pinned))

    @mutation(UnpinMessagePayload, "Unpins a message. Those who can pin it can unpin it.")
    async def unpin_chat_message(self, info: RequestInfo, input: UnpinMessageInput) -> UnpinMessagePayload:
        unpinned = await unpin_message(info.context.chat, info.context.token, message_id(input.message_id))
        return UnpinMessagePayload(message=await message_of(info.context, unpinned))
