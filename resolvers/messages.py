"""The root fields of messages, reactions, read markers and typing."""

from typing import Annotated
from uuid import UUID

import strawberry

from chat.operations.change_messages import add_reaction, delete_message, edit_message, remove_reaction
from chat.operations.presence import start_typing, stop_typing
from chat.operations.reading import mark_read, mark_unread
from chat.operations.send_message import send_message
from chat.sending import MessageDraft
from execution import root_field
from resolvers.mutation import mutation
from schema.channels import channel
from schema.context import RequestInfo
from schema.ids import Prefix, attachment_id, channel_id, message_id, parse_id
from schema.message_inputs import (
    AddReactionInput,
    DeleteMessageInput,
    EditMessageInput,
    MarkReadInput,
    MarkUnreadInput,
    RemoveReactionInput,
    SendMessageInput,
    SetTypingInput,
)
from schema.messages import Message, message_of, messages_by_id
from schema.payloads import (
    AddReactionPayload,
    DeleteMessagePayload,
    EditMessagePayload,
    MarkReadPayload,
    MarkUnreadPayload,
    RemoveReactionPayload,
    SendMessagePayload,
    SetTypingPayload,
)


@strawberry.type
class MessagesQuery:
    @root_field(description="A message that the viewer can read. Null for every other id.")
    async def chat_message(
        self, info: RequestInfo, id: Annotated[strawberry.ID, strawberry.argument(description="The message.")]
    ) -> Message | None:
        viewer = await info.context.viewer()
        (found,) = await messages_by_id(info.context.loaders, [(viewer, parse_id(Prefix.MESSAGE, id))])
        return found


@strawberry.type
class MessagesMutation:
    @mutation(SendMessagePayload, "Sends a message. With a `clientKey`, repeating the call sends it only once.")
    async def send_chat_message(self, info: RequestInfo, input: SendMessageInput) -> SendMessagePayload:
        draft = MessageDraft(
            channel_id=channel_id(input.channel_id),
            body=input.body,
            reply_to_id=_optional_message_id(input.reply_to_id, "replyToId"),
            client_key=input.client_key,
            cards=tuple(card.ref() for card in input.cards),
            attachment_ids=tuple(
                attachment_id(id, "attachmentIds", str(place)) for place, id in enumerate(input.attachment_ids)
            ),
        )
        return SendMessagePayload(
            message=await message_of(info.context, await send_message(info.context.chat, info.context.token, draft))
        )

    @mutation(EditMessagePayload, "Changes the text of one of the viewer's messages.")
    async def edit_chat_message(self, info: RequestInfo, input: EditMessageInput) -> EditMessagePayload:
        target = message_id(input.message_id)
        return EditMessagePayload(
            message=await message_of(
                info.context, await edit_message(info.context.chat, info.context.token, target, input.body)
            )
        )

    @mutation(DeleteMessagePayload, "Deletes a message. A tombstone remains. In a direct message, only the author can.")
    async def delete_chat_message(self, info: RequestInfo, input: DeleteMessageInput) -> DeleteMessagePayload:
        target = message_id(input.message_id)
        return DeleteMessagePayload(
            message=await message_of(info.context, await delete_message(info.context.chat, info.context.token, target))
        )

    @mutation(AddReactionPayload, "Adds the viewer's reaction to a message.")
    async def add_chat_reaction(self, info: RequestInfo, input: AddReactionInput) -> AddReactionPayload:
        target = message_id(input.message_id)
        return AddReactionPayload(
            message=await message_of(
                info.context, await add_reaction(info.context.chat, info.context.token, target, input.emoji)
            )
        )

    @mutation(RemoveReactionPayload, "Removes the viewer's reaction from a message.")
    async def remove_chat_reaction(self, info: RequestInfo, input: RemoveReactionInput) -> RemoveReactionPayload:
        target = message_id(input.message_id)
        changed = await remove_reaction(info.context.chat, info.context.token, target, input.emoji)
        return RemoveReactionPayload(message=await message_of(info.context, changed))

    @mutation(
        MarkReadPayload, "Marks a channel read, up to a message or completely. Never moves the read marker backwards."
    )
    async def mark_chat_read(self, info: RequestInfo, input: MarkReadInput) -> MarkReadPayload:
        target = channel_id(input.channel_id)
        await mark_read(
            info.context.chat, info.context.token, target, _optional_message_id(input.message_id, "messageId")
        )
        return MarkReadPayload(channel=await channel(info, target))

    @mutation(MarkUnreadPayload, "Marks a channel unread from a message onwards.")
    async def mark_chat_unread(self, info: RequestInfo, input: MarkUnreadInput) -> MarkUnreadPayload:
        target = channel_id(input.channel_id)
        await mark_unread(info.context.chat, info.context.token, target, message_id(input.message_id))
        return MarkUnreadPayload(channel=await channel(info, target))

    @mutation(
        SetTypingPayload, "Notifies the agents who have the channel open that the viewer is typing. Nothing is stored."
    )
    async def set_chat_typing(self, info: RequestInfo, input: SetTypingInput) -> SetTypingPayload:
        target = channel_id(input.channel_id)
        signal_typing = start_typing if input.typing else stop_typing
        await signal_typing(info.context.chat, info.context.token, target)
        return SetTypingPayload(channel=await channel(info, target))


def _optional_message_id(id: str | None, path: str) -> UUID | None:
    return message_id(id, path) if id is not None else None
