"""Sharing an item from its own page: destinations, preview, and the input of shareToChat."""

from typing import Annotated

import strawberry

from schema.agents import Agent
from schema.cards import SharedCard, SharedEntityRefInput
from schema.channels import Channel

ShareDestination = Annotated[
    Channel | Agent,
    strawberry.union(
        name="ShareDestination",
        description="Where an item can be shared: a channel, or an agent (in a direct message).",
    ),
]


@strawberry.input(name="ShareDestinationRef", description="A destination: either a channel or an agent.", one_of=True)
class ShareDestinationRefInput:
    channel_id: strawberry.Maybe[strawberry.ID] = strawberry.field(
        description="A channel in which the viewer can post."
    )
    agent_id: strawberry.Maybe[strawberry.ID] = strawberry.field(
        description="An agent. The direct message is created if it does not exist yet."
    )


@strawberry.input(name="ShareToChatInput", description="The item to share, and its destination.")
class ShareToChatInput:
    entity: SharedEntityRefInput = strawberry.field(description="The item. The viewer must be able to see it.")
    destination: ShareDestinationRefInput = strawberry.field(description="Where to share it.")
    body: str = strawberry.field(
        default="", description="The text of the message, in Markdown, up to 20,000 characters. It may be empty."
    )
    client_key: str | None = strawberry.field(
        default=None, description="A key of the client's choice that makes retrying safe, as in SendChatMessageInput."
    )


@strawberry.type(
    name="SharePreview", description="A preview of sharing an item: the card, and how many members could see the item."
)
class SharePreview:
    card: SharedCard = strawberry.field(
        description="The card as the viewer sees it. It is not stored. Its id is the same in every preview."
    )
    members_with_access: int | None = strawberry.field(
        description=(
            "How many active members could see the item. Null in channels with more than 100 members, if the viewer has"
            " no access, or if the module did not answer for every member."
        )
    )
    member_count: int = strawberry.field(description="How many active members the destination has.")
