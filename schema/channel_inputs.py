"""Inputs of the mutations of channels and members."""

from datetime import datetime

import strawberry

from schema.enums import ChannelKind, MemberRole, NotificationLevel

CHANNEL_ID = "The channel."
AGENT_ID = "The agent's id."
AGENT_IDS = "The ids of the agents, at most 1,000."


@strawberry.input(name="ChatIconAvatarInput", description="An icon on a coloured background.")
class IconAvatarInput:
    icon: str = strawberry.field(description="The icon's name: up to 40 lower-case letters, digits and hyphens.")
    color: str = strawberry.field(description="The background colour, #rrggbb.")


@strawberry.input(
    name="ChatChannelAvatarInput", description="The picture of a channel in lists: either an image or an icon."
)
class ChannelAvatarInput:
    image_id: strawberry.ID | None = strawberry.field(
        default=None,
        description="An image that the viewer has uploaded with createChatUpload. The avatar is a square copy of it.",
    )
    icon: IconAvatarInput | None = strawberry.field(default=None, description="An icon on a coloured background.")


@strawberry.input(name="CreateChatChannelInput", description="The channel to create.")
class CreateChannelInput:
    kind: ChannelKind = strawberry.field(
        description="Who can find, read and post in it. Not DIRECT: use openDirectMessage."
    )
    name: str = strawberry.field(description="1 to 80 characters. Several channels can have the same name.")
    description: str | None = strawberry.field(default=None, description="Up to 1,000 characters.")
    avatar: ChannelAvatarInput | None = strawberry.field(default=None, description="Null: the client's default.")
    member_ids: list[strawberry.ID] = strawberry.field(
        default_factory=list,
        description="Other agents to add, at most 1,000. Not needed for announcements: every agent becomes a member.",
    )


@strawberry.input(
    name="ChatMessageRetentionInput",
    description="An exception from the account's `messageRetentionDays`: either a number of days, or forever.",
)
class MessageRetentionInput:
    days: int | None = strawberry.field(
        default=None, description="After how many days messages are removed for good, 1 to 36,500."
    )
    forever: bool | None = strawberry.field(default=None, description="True: messages are never removed.")


@strawberry.input(name="UpdateChatChannelInput", description="The changes to a channel. Only the given fields change.")
class UpdateChannelInput:
    channel_id: strawberry.ID = strawberry.field(description=CHANNEL_ID)
    name: strawberry.Maybe[str | None] = strawberry.field(default=None, description="1 to 80 characters.")
    description: strawberry.Maybe[str | None] = strawberry.field(
        default=None, description="Up to 1,000 characters. Null removes it."
    )
    avatar: strawberry.Maybe[ChannelAvatarInput | None] = strawberry.field(
        default=None, description="Null: the client's default."
    )
    kind: strawberry.Maybe[ChannelKind | None] = strawberry.field(
        default=None,
        description="PUBLIC or PRIVATE. Only owners and account administrators can change it. A PRIVATE channel can be "
        "made PUBLIC only by those of them who are members.",
    )
    message_retention: strawberry.Maybe[MessageRetentionInput | None] = strawberry.field(
        default=None,
        description="How long messages are kept. Only account administrators can change it. Null: as in the account.",
    )


@strawberry.input(name="ArchiveChatChannelInput", description="The channel to archive.")
class ArchiveChannelInput:
    channel_id: strawberry.ID = strawberry.field(description=CHANNEL_ID)


@strawberry.input(name="UnarchiveChatChannelInput", description="The channel to unarchive.")
class UnarchiveChannelInput:
    channel_id: strawberry.ID = strawberry.field(description=CHANNEL_ID)


@strawberry.input(name="JoinChatChannelInput", description="The public channel to join.")
class JoinChannelInput:
    channel_id: strawberry.ID = strawberry.field(description=CHANNEL_ID)


@strawberry.input(name="LeaveChatChannelInput", description="The channel to leave.")
class LeaveChannelInput:
    channel_id: strawberry.ID = strawberry.field(description=CHANNEL_ID)


@strawberry.input(name="AddChatMembersInput", description="The agents to add, and the channel.")
class AddMembersInput:
    channel_id: strawberry.ID = strawberry.field(description=CHANNEL_ID)
    agent_ids: list[strawberry.ID] = strawberry.field(description=AGENT_IDS)


@strawberry.input(name="RemoveChatMemberInput", description="The agent to remove, and the channel.")
class RemoveMemberInput:
    channel_id: strawberry.ID = strawberry.field(description=CHANNEL_ID)
    agent_id: strawberry.ID = strawberry.field(description=AGENT_ID)


@strawberry.input(name="ChangeChatMemberRoleInput", description="The member whose role changes, and the channel.")
class ChangeMemberRoleInput:
    channel_id: strawberry.ID = strawberry.field(description=CHANNEL_ID)
    agent_id: strawberry.ID = strawberry.field(description=AGENT_ID)
    role: MemberRole = strawberry.field(description="The new role.")


@strawberry.input(name="AddChatAuthorsInput", description="The agents who become authors of the announcement.")
class AddAuthorsInput:
    channel_id: strawberry.ID = strawberry.field(description=CHANNEL_ID)
    agent_ids: list[strawberry.ID] = strawberry.field(description=AGENT_IDS)


@strawberry.input(name="RemoveChatAuthorInput", description="The agent who is no longer an author of the announcement.")
class RemoveAuthorInput:
    channel_id: strawberry.ID = strawberry.field(description=CHANNEL_ID)
    agent_id: strawberry.ID = strawberry.field(description=AGENT_ID)


@strawberry.input(name="OpenDirectMessageInput", description="The other agent of the direct message.")
class OpenDirectMessageInput:
    agent_id: strawberry.ID = strawberry.field(description=AGENT_ID)


@strawberry.input(
    name="UpdateChatMembershipInput",
    description="The changes to the viewer's settings in a channel. Only the given fields change.",
)
class UpdateMembershipInput:
    channel_id: strawberry.ID = strawberry.field(description=CHANNEL_ID)
    notification_level: strawberry.Maybe[NotificationLevel | None] = strawberry.field(
        default=None, description="Which messages alert the viewer."
    )
    muted: strawberry.Maybe[bool | None] = strawberry.field(
        default=None,
        description="True mutes the channel until `mutedUntil` or, if that is omitted, indefinitely. False unmutes it.",
    )
    muted_until: strawberry.Maybe[datetime | None] = strawberry.field(
        default=None,
        description="When the mute ends. A time without `muted` also mutes the channel. Null makes a mute indefinite.",
    )
    favourite: strawberry.Maybe[bool | None] = strawberry.field(
        default=None, description="Whether the channel is one of the viewer's favourites."
    )
    personal_note: strawberry.Maybe[str | None] = strawberry.field(
        default=None, description="Up to 5,000 characters that nobody else sees. Null removes it."
    )
