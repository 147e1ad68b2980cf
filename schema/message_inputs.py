"""Inputs of the mutations of messages, reactions, read markers and typing."""

import strawberry

from schema.cards import SharedEntityRefInput
from schema.channel_inputs import CHANNEL_ID

MESSAGE_ID = "The message."
BODY = (
    "The text, in Markdown, up to 20,000 characters. It may be empty only if the message has an attachment or a card."
)
EMOJI = "Exactly one emoji."


@strawberry.input(name="SendChatMessageInput", description="The message to send.")
class SendMessageInput:
    channel_id: strawberry.ID = strawberry.field(description=CHANNEL_ID)
    body: str = strawberry.field(
        default="",
        description=(
            BODY + " Mentions: [@Ana](mention://user/12/Ana), mention://team/…, mention://channel/all. Ids are"
            " percent-encoded. Mentions in code, quotes, comments and images do not count."
        ),
    )
    attachment_ids: list[strawberry.ID] = strawberry.field(
        default_factory=list,
        description="The viewer's uploads to send, at most 20, without duplicates. Their bytes must be received.",
    )
    cards: list[SharedEntityRefInput] = strawberry.field(
        default_factory=list,
        description="The items to share, at most 10, without duplicates. The viewer must be able to see each.",
    )
    reply_to_id: strawberry.ID | None = strawberry.field(
        default=None, description="The message of the same channel to which this one replies."
    )
    client_key: str | None = strawberry.field(
        default=None,
        description=(
            "A key of the client's choice, 1 to 200 characters. Sending the same message again with the same key"
            " returns the message that was sent before, so a client can always retry. Using the key for a different"
            " message fails with CONFLICT."
        ),
    )


@strawberry.input(name="EditChatMessageInput", description="The message to edit, and its new text.")
class EditMessageInput:
    message_id: strawberry.ID = strawberry.field(description=MESSAGE_ID)
    body: str = strawberry.field(description=BODY)


@strawberry.input(name="DeleteChatMessageInput", description="The message to delete.")
class DeleteMessageInput:
    message_id: strawberry.ID = strawberry.field(description=MESSAGE_ID)


@strawberry.input(name="AddChatReactionInput", description="The emoji to add, and the message.")
class AddReactionInput:
    message_id: strawberry.ID = strawberry.field(description=MESSAGE_ID)
    emoji: str = strawberry.field(description=EMOJI)


@strawberry.input(name="RemoveChatReactionInput", description="The emoji to remove, and the message.")
class RemoveReactionInput:
    message_id: strawberry.ID = strawberry.field(description=MESSAGE_ID)
    emoji: str = strawberry.field(description=EMOJI)


@strawberry.input(name="PinChatMessageInput", description="The message to pin.")
class PinMessageInput:
    message_id: strawberry.ID = strawberry.field(description=MESSAGE_ID)


@strawberry.input(name="UnpinChatMessageInput", description="The message to unpin.")
class UnpinMessageInput:
    message_id: strawberry.ID = strawberry.field(description=MESSAGE_ID)


@strawberry.input(name="SaveChatMessageInput", description="The message to save.")
class SaveMessageInput:
    message_id: strawberry.ID = strawberry.field(description=MESSAGE_ID)


@strawberry.input(name="UnsaveChatMessageInput", description="The message that should not be saved any more.")
class UnsaveMessageInput:
    message_id: strawberry.ID = strawberry.field(description=MESSAGE_ID)


@strawberry.input(name="MarkChatReadInput", description="The channel to mark read, and the last message read.")
class MarkReadInput:
    channel_id: strawberry.ID = strawberry.field(description=CHANNEL_ID)
    message_id: strawberry.ID | None = strawberry.field(
        default=None,
        description="The last message read. If omitted, all messages. Never moves the read marker backwards.",
    )


@strawberry.input(name="MarkChatUnreadInput", description="The channel to mark unread, and the first unread message.")
class MarkUnreadInput:
    channel_id: strawberry.ID = strawberry.field(description=CHANNEL_ID)
    message_id: strawberry.ID = strawberry.field(description="The message that becomes the first unread message.")


@strawberry.input(name="SetChatTypingInput", description="Whether the viewer is typing, and the channel.")
class SetTypingInput:
    channel_id: strawberry.ID = strawberry.field(description=CHANNEL_ID)
    typing: bool = strawberry.field(
        description="True lasts 6 seconds: send it again while the viewer keeps typing. False: the viewer stopped."
    )
