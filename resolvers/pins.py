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
        "Pins a message in its channel, and posts a system message about it. In a direct message, both agents can pin."
        " Elsewhere, owners and admins of the channel and account administrators can. If the account's setting"
        " `membersPin` is true, so can the members of a channel with at most 50 members; in an announcement, only its"
        " authors. At most 100 messages of a channel can be pinned.",
    )
    async def pin_chat_message(self, info: RequestInfo, input: PinMessageInput) -> PinMessagePayload:
        pinned = await pin_message(info.context.chat, info.context.token, message_id(input.message_id))
        return PinMessagePayload(message=await message_of(info.context, pinned))

    @mutation(UnpinMessagePayload, "Unpins a message. Those who can pin it can unpin it.")
    async def unpin_chat_message(self, info: RequestInfo, input: UnpinMessageInput) -> UnpinMessagePayload:
        unpinned = await unpin_message(info.context.chat, info.context.token, message_id(input.message_id))
        return UnpinMessagePayload(message=await message_of(info.context, unpinned))
