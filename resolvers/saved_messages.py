"""The root fields of saved messages."""

from datetime import datetime
from uuid import UUID

import strawberry

from chat.operations.saved_messages import save_message, unsave_message
from execution import root_field
from loaders.pages import PAGE_DEFAULT, page_request
from resolvers.mutation import mutation
from schema.connections import After, Connection, First
from schema.context import RequestInfo
from schema.costs import PAGE
from schema.ids import message_id
from schema.message_inputs import SaveMessageInput, UnsaveMessageInput
from schema.messages import Message, message_of, messages_for
from schema.payloads import SaveMessagePayload, UnsaveMessagePayload


@strawberry.type
class SavedMessagesQuery:
    @root_field(
        description=(
            "The messages that the viewer saved, latest first. Messages that were deleted, or that the viewer cannot"
            " read any more, are left out."
        ),
        directives=PAGE,
    )
    async def saved_chat_messages(
        self, info: RequestInfo, first: First = PAGE_DEFAULT, after: After = None
    ) -> Connection[Message] | None:
        viewer = await info.context.viewer()
        request = page_request("saved", first, after, datetime, UUID)
        return messages_for(viewer, await info.context.loaders.saved_lists.load((viewer.agent_id, request)))


@strawberry.type
class SavedMessagesMutation:
    @mutation(
        SaveMessagePayload,
        "Saves a message for the viewer. Nobody else sees that. The viewer's other devices get an event of"
        " `chatInboxChanged` with the message's channel. An agent can have at most 10,000 saved messages.",
    )
    async def save_chat_message(self, info: RequestInfo, input: SaveMessageInput) -> SaveMessagePayload:
        saved = await save_message(info.context.chat, info.context.token, message_id(input.message_id))
        return SaveMessagePayload(message=await message_of(info.context, saved))

    @mutation(UnsaveMessagePayload, "Removes a message from the viewer's saved messages.")
    async def unsave_chat_message(self, info: RequestInfo, input: UnsaveMessageInput) -> UnsaveMessagePayload:
        unsaved = await unsave_message(info.context.chat, info.context.token, message_id(input.message_id))
        return UnsaveMessagePayload(message=await message_of(info.context, unsaved))
