"""What mutations of messages and read markers take."""

import strawberry

from schema.cards import SharedEntityRefInput
from schema.channel_inputs import CHANNEL_ID

MESSAGE_ID = "The message."
BODY = "The text, in Markdown. At most 20,000 characters; not blank unless there is a card."
EMOJI = "Exactly one emoji."


@strawberry.input(name="SendChatMessageInput", description="A message to send.")
class SendMessageInput:
    channel_id: strawberry.ID = strawberry.field(description=CHANNEL_ID)
    body: str = strawberry.field(
        default="",
        description=BODY + " Mentions: [@Ana](mention://user/12/Ana), mention://team/…, mention://channel/all.",
    )
    cards: list[SharedEntityRefInput] = strawberry.field(
        default_factory=list,
        description="Items to share, at most 10, each once, each of which the viewer may see.",
    )
    reply_to_id: strawberry.ID | None = strawberry.field(
        default=None, description="The message that this one answers, of the same channel."
    )
    client_key: str | None = strawberry.field(
        default=None,
        description=(
            "Any text of your own, 1 to 200 characters: sending again with the same key and the same message answers"
            " with the message already sent, so a client may always try again. With another message: CONFLICT."
        ),
    )


@strawberry.input(name="EditChatMessageInput", description="The new text of one's own message.")
class EditMessageInput:
    message_id: strawberry.ID = strawberry.field(description=MESSAGE_ID)
    body: str = strawberry.field(description=BODY)


@strawberry.input(name="DeleteChatMessageInput", description="The message to delete.")
class DeleteMessageInput:
    message_id: strawberry.ID = strawberry.field(description=MESSAGE_ID)


@strawberry.input(name="AddChatReactionInput", description="The emoji to add.")
class AddReactionInput:
    message_id: strawberry.ID = strawberry.field(description=MESSAGE_ID)
    emoji: str = strawberry.field(description=EMOJI)


@strawberry.input(name="RemoveChatReactionInput", description="The emoji to take back.")
class RemoveReactionInput:
    message_id: strawberry.ID = strawberry.field(description=MESSAGE_ID)
    emoji: str = strawberry.field(description=EMOJI)


@strawberry.input(name="MarkChatReadInput", description="Up to where the viewer has read.")
class MarkReadInput:
    channel_id: strawberry.ID = strawberry.field(description=CHANNEL_ID)
    message_id: strawberry.ID | None = strawberry.field(
        default=None, description="The last message read; left out: the channel's end. Never moves backwards."
    )


@strawberry.input(name="MarkChatUnreadInput", description="From where on the viewer wants it unread.")
class MarkUnreadInput:
    channel_id: strawberry.ID = strawberry.field(description=CHANNEL_ID)
    message_id: strawberry.ID = strawberry.field(description="The first message that is to be unread.")


@strawberry.input(name="SetChatTypingInput", description="Whether the viewer is typing.")
class SetTypingInput:
    channel_id: strawberry.ID = strawberry.field(description=CHANNEL_ID)
    typing: bool = strawberry.field(
        description="True: for the next 6 seconds, so repeat it while the keys go on. False: no longer."
    )
