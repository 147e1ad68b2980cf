"""Sharing an item from its own screen: where to, and what it would show there."""

from typing import Annotated

import strawberry

from schema.agents import Agent
from schema.cards import SharedCard, SharedEntityRefInput
from schema.channels import Channel

ShareDestination = Annotated[
    Channel | Agent,
    strawberry.union(
        name="ShareDestination", description="A channel in which the viewer can post, or a colleague to write to."
    ),
]


@strawberry.input(name="ShareDestinationRef", description="Where to share: exactly one of the two.", one_of=True)
class ShareDestinationRefInput:
    channel_id: strawberry.Maybe[strawberry.ID] = strawberry.field(
        description="A channel in which the viewer can post."
    )
    agent_id: strawberry.Maybe[strawberry.ID] = strawberry.field(
        description="A colleague; the direct message is opened when first needed."
    )


@strawberry.input(name="ShareToChatInput", description="An item to share.")
class ShareToChatInput:
    entity: SharedEntityRefInput = strawberry.field(description="The item; the viewer must be able to see it.")
    destination: ShareDestinationRefInput = strawberry.field(description="Where to share it.")
    body: str = strawberry.field(default="", description="A message beside it, at most 20,000 characters.")
    client_key: str | None = strawberry.field(
        default=None, description="As in SendChatMessageInput: the same key shares once."
    )


@strawberry.type(name="SharePreview", description="What sharing would show.")
class SharePreview:
    card: SharedCard = strawberry.field(description="The card as the viewer would see it; its id is not kept.")
    members_with_access: int | None = strawberry.field(
        description=(
            "How many active members could open it, a count only; null in channels of more than 100, where the viewer"
            " has no access, and while the module leaves somebody unanswered."
        )
    )
    member_count: int = strawberry.field(description="How many members the destination has.")
