"""What a forwarded message quotes, and the input of forwardChatMessage."""

from datetime import datetime

import strawberry

from chat.viewer import Viewer
from execution import level_field
from models.rows import ForwardRow
from schema.agents import Agent, agents
from schema.context import Info
from schema.messages import Message, messages_by_id
from schema.sharing import ShareDestinationRefInput


@strawberry.type(
    name="ChatForwardedFrom",
    description=(
        "The message that a forward quotes, as it was when it was forwarded. Everyone who can read the forward can read"
        " this, even without access to the original."
    ),
)
class ForwardedFrom:
    row: strawberry.Private[ForwardRow]
    reader: strawberry.Private[Viewer]

    @level_field(description="Who sent the original.")
    @staticmethod
    async def author(forwards: list["ForwardedFrom"], info: Info) -> list[Agent]:
        return await agents(info.context.loaders, (forward.row.author_id for forward in forwards))

    @strawberry.field(description="When the original was sent.")
    def created_at(self) -> datetime:
        return self.row.sent_at

    @strawberry.field(
        description=(
            "The original's text, in Markdown, as it was when it was forwarded. Empty if it had none. Mentions in it"
            " notify nobody. The original's attachments and cards are"
            " `attachments` and `cards` of the forward."
        )
    )
    def body(self) -> str:
        return self.row.body

    @level_field(
        description="The original as it is now, or its tombstone. Null for viewers who cannot read its channel."
    )
    @staticmethod
    async def message(forwards: list["ForwardedFrom"], info: Info) -> list[Message | None]:
        originals = [(forward.reader, forward.row.original_id) for forward in forwards]
        return await messages_by_id(info.context.loaders, originals)


@strawberry.input(name="ForwardChatMessageInput", description="The message to forward, and its destination.")
class ForwardMessageInput:
    message_id: strawberry.ID = strawberry.field(
        description="The message to forward. If it is itself a forward, the new message quotes the same original."
    )
    destination: ShareDestinationRefInput = strawberry.field(description="Where to forward it.")
    body: str = strawberry.field(
        default="",
        description="The text that the viewer adds, in Markdown, up to 20,000 characters. It may be empty.",
    )
    client_key: str | None = strawberry.field(
        default=None, description="A key of the client's choice that makes retrying safe, as in SendChatMessageInput."
    )
