"""The arguments and the types of events that live streams share."""

from enum import Enum
from typing import Annotated

import strawberry

from schema.agents import Agent
from schema.channels import Channel
from schema.messages import Message

POSITION = "Where the stream stands: hand it to `since` to go on from here."

Since = Annotated[
    str | None,
    strawberry.argument(
        description="A `position`: everything after it that the viewer may read, then live. None: from now on."
    ),
]
ChannelId = Annotated[strawberry.ID, strawberry.argument(description="The channel.")]


@strawberry.type(name="ChatMessageAdded", description="A new message.")
class MessageAdded:
    message: Message = strawberry.field(description="The message as it is now; a tombstone if deleted meanwhile.")
    alert: bool = strawberry.field(description="Whether to ring, by the viewer's level and mute.")
    position: str = strawberry.field(description=POSITION)


@strawberry.type(name="ChatMentionAdded", description="A message that mentions the viewer.")
class MentionAdded:
    message: Message = strawberry.field(
        description=(
            "The message as it is now. After an interruption one that was deleted meanwhile, or no longer names the"
            " viewer, is not told."
        )
    )
    alert: bool = strawberry.field(description="Whether to ring, by the viewer's level and mute.")
    position: str = strawberry.field(description=POSITION)


@strawberry.enum(name="ChatChangeKind", description="What changed in a channel.")
class ChangeSeen(Enum):
    MESSAGE_ADDED = strawberry.enum_value("MESSAGE_ADDED", description="A message was sent, or the chat told one.")
    MESSAGE_UPDATED = strawberry.enum_value(
        "MESSAGE_UPDATED", description="A message was edited, pinned, or reacted to."
    )
    MESSAGE_DELETED = strawberry.enum_value("MESSAGE_DELETED", description="A message was deleted.")
    MEMBERS_CHANGED = strawberry.enum_value(
        "MEMBERS_CHANGED", description="Somebody came or went, or a role or the authors changed."
    )
    CHANNEL_UPDATED = strawberry.enum_value(
        "CHANNEL_UPDATED", description="The channel was renamed, described, dressed, opened, closed or archived."
    )


@strawberry.type(name="ChatChannelChange", description="A change in a channel.")
class ChannelChange:
    change: ChangeSeen = strawberry.field(description="What changed.")
    message: Message | None = strawberry.field(description="The message as it is now; null for other changes.")
    channel: Channel = strawberry.field(description="The channel as it is now.")
    position: str = strawberry.field(description=POSITION)


@strawberry.type(name="ChatInboxChange", description="A channel of the viewer's sidebar that looks different now.")
class InboxChange:
    channel_id: strawberry.ID = strawberry.field(description="The channel.")
    channel: Channel | None = strawberry.field(description="The channel as it is now; null once left.")
    alert: bool = strawberry.field(description="Whether a new message in it rings.")


@strawberry.type(name="ChatTypingChange", description="Who is typing in a channel now.")
class TypingChange:
    agents: list[Agent] = strawberry.field(description="All who are typing, the viewer left out.")
