"""Messages: reading one, sending, and what can be done to them afterwards."""

from typing import Annotated
from uuid import UUID

import strawberry

from chat.operations.change_messages import add_reaction, delete_message, edit_message, remove_reaction
from chat.operations.presence import start_typing, stop_typing
from chat.operations.reading import mark_read, mark_unread
from chat.operations.send_message import MessageDraft, send_message
from resolvers.mutation import mutation
from schema.channels import channel
from schema.context import Info
from schema.ids import Prefix, channel_id, message_id, parse_id
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
from schema.messages import Message, message
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
    @strawberry.field(description="A message that the viewer can read; null for any other id.")
    async def chat_message(
        self, info: Info, id: Annotated[strawberry.ID, strawberry.argument(description="The message.")]
    ) -> Message | None:
        await info.context.viewer()
        known = parse_id(Prefix.MESSAGE, id)
        return await message(info, known) if known is not None else None


@strawberry.type
class MessagesMutation:
    @mutation(SendMessagePayload, "Sends a message, once per client key.")
    async def send_chat_message(self, info: Info, input: SendMessageInput) -> SendMessagePayload:
        asker = await info.context.asker()
        draft = MessageDraft(
            channel_id=channel_id(input.channel_id),
            body=input.body,
            reply_to_id=_optional_message_id(input.reply_to_id, "replyToId"),
            client_key=input.client_key,
            cards=tuple(card.ref() for card in input.cards),
        )
        return SendMessagePayload(message=Message(row=await send_message(info.context.chat, asker, draft)))

    @mutation(EditMessagePayload, "Changes the text of one's own message.")
    async def edit_chat_message(self, info: Info, input: EditMessageInput) -> EditMessagePayload:
        asker, target = await info.context.asker(), message_id(input.message_id)
        return EditMessagePayload(message=Message(row=await edit_message(info.context.chat, asker, target, input.body)))

    @mutation(DeleteMessagePayload, "Deletes a message: one's own, or as a moderator. A tombstone stays.")
    async def delete_chat_message(self, info: Info, input: DeleteMessageInput) -> DeleteMessagePayload:
        asker, target = await info.context.asker(), message_id(input.message_id)
        return DeleteMessagePayload(message=Message(row=await delete_message(info.context.chat, asker, target)))

    @mutation(AddReactionPayload, "Adds an emoji to a message, once per agent and emoji.")
    async def add_chat_reaction(self, info: Info, input: AddReactionInput) -> AddReactionPayload:
        asker, target = await info.context.asker(), message_id(input.message_id)
        return AddReactionPayload(
            message=Message(row=await add_reaction(info.context.chat, asker, target, input.emoji))
        )

    @mutation(RemoveReactionPayload, "Takes the viewer's emoji back.")
    async def remove_chat_reaction(self, info: Info, input: RemoveReactionInput) -> RemoveReactionPayload:
        asker, target = await info.context.asker(), message_id(input.message_id)
        changed = await remove_reaction(info.context.chat, asker, target, input.emoji)
        return RemoveReactionPayload(message=Message(row=changed))

    @mutation(MarkReadPayload, "Moves the viewer's read marker forwards, up to a message or to the end.")
    async def mark_chat_read(self, info: Info, input: MarkReadInput) -> MarkReadPayload:
        asker, target = await info.context.asker(), channel_id(input.channel_id)
        await mark_read(info.context.chat, asker, target, _optional_message_id(input.message_id, "messageId"))
        return MarkReadPayload(channel=await channel(info, target))

    @mutation(MarkUnreadPayload, "Moves the viewer's read marker back to before a message.")
    async def mark_chat_unread(self, info: Info, input: MarkUnreadInput) -> MarkUnreadPayload:
        asker, target = await info.context.asker(), channel_id(input.channel_id)
        await mark_unread(info.context.chat, asker, target, message_id(input.message_id))
        return MarkUnreadPayload(channel=await channel(info, target))

    @mutation(SetTypingPayload, "Tells whoever has the channel open that the viewer is typing; nothing is stored.")
    async def set_chat_typing(self, info: Info, input: SetTypingInput) -> SetTypingPayload:
        asker, target = await info.context.asker(), channel_id(input.channel_id)
        tell = start_typing if input.typing else stop_typing
        await tell(info.context.chat, asker, target)
        return SetTypingPayload(channel=await channel(info, target))


def _optional_message_id(id: str | None, path: str) -> UUID | None:
    return message_id(id, path) if id is not None else None
