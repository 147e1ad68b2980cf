"""The arguments and event types of the subscriptions."""

from typing import Annotated

import strawberry

from chat.change_kinds import ChannelChangeKind
from schema.agents import Agent
from schema.channels import Channel
from schema.costs import assumed
from schema.enums import describe_enum
from schema.messages import Message
from schema.notifications import Notification

POSITION = "The position of this event. Pass it as `since` to resume the stream after it."
PREVIOUS_POSITION = (
    "The position of the previous event on this stream, or where the stream began. If it is not the last position that"
    " the client saw, events were lost on the way: subscribe again `since` the last one seen."
)
ALERT = (
    "Whether the client should alert the viewer (ring, or show a desktop notification), given their notification level"
    " and mute in the channel, and their quiet hours."
)

Since = Annotated[
    str | None,
    strawberry.argument(
        description=(
            "A `position`. The stream first delivers everything after it that the viewer may read, then live events."
            " If omitted, the stream starts now."
        )
    ),
]
ChannelId = Annotated[strawberry.ID, strawberry.argument(description="The channel.")]

describe_enum(
    ChannelChangeKind,
    "ChatChangeKind",
    "What changed in a channel.",
    {
        ChannelChangeKind.MESSAGE_ADDED: "A message was sent, or the chat posted a system message.",
        ChannelChangeKind.MESSAGE_UPDATED: "A message was edited or pinned, or its reactions changed.",
        ChannelChangeKind.MESSAGE_DELETED: "A message was deleted.",
        ChannelChangeKind.MEMBERS_CHANGED: "Members were added or removed, or roles or authors changed.",
        ChannelChangeKind.CHANNEL_UPDATED: (
            "The channel was created, its name, description, avatar or kind changed, or it was archived or unarchived."
        ),
    },
)


@strawberry.type(name="ChatMessageAdded", description="A new message.")
class MessageAdded:
    message: Message = strawberry.field(description="The current message, or a tombstone if it was deleted.")
    alert: bool = strawberry.field(description=ALERT)
    position: str = strawberry.field(description=POSITION)
    previous_position: str = strawberry.field(description=PREVIOUS_POSITION)


@strawberry.type(name="ChatMentionAdded", description="A message that mentions the viewer.")
class MentionAdded:
    message: Message = strawberry.field(
        description=(
            "The current message. A resumed stream omits messages that were deleted or no longer mention the viewer."
        )
    )
    alert: bool = strawberry.field(description=ALERT)
    position: str = strawberry.field(description=POSITION)
    previous_position: str = strawberry.field(description=PREVIOUS_POSITION)


@strawberry.type(name="ChatNotificationAdded", description="A new entry in the viewer's bell.")
class NotificationAdded:
    notification: Notification = strawberry.field(
        description="The notification. A resumed stream omits those that were removed."
    )
    position: str = strawberry.field(description=POSITION)
    previous_position: str = strawberry.field(description=PREVIOUS_POSITION)


@strawberry.type(name="ChatChannelChange", description="A change in a channel.")
class ChannelChange:
    change: ChannelChangeKind = strawberry.field(description="What changed.")
    message: Message | None = strawberry.field(
        description="The current message. Null if the change is not about a message."
    )
    channel: Channel = strawberry.field(description="The channel as it is now.")
    position: str = strawberry.field(description=POSITION)
    previous_position: str = strawberry.field(description=PREVIOUS_POSITION)


@strawberry.type(name="ChatInboxChange", description="A channel whose entry in the viewer's sidebar changed.")
class InboxChange:
    channel_id: strawberry.ID = strawberry.field(description="The channel.")
    channel: Channel | None = strawberry.field(
        description="The channel as it is now. Null if the viewer is not a member."
    )
    alert: bool = strawberry.field(description="Whether there is a new message to alert the viewer to.")


@strawberry.type(name="ChatTypingChange", description="Who is typing in a channel now.")
class TypingChange:
    agents: list[Agent] = strawberry.field(
        description="Everyone who is typing, except the viewer.", directives=assumed(10)
    )
